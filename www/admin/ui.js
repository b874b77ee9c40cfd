import { jsx as _jsx, jsxs as _jsxs } from "preact/jsx-runtime";
import { useCallback, useEffect, useId, useLayoutEffect, useRef, useState } from 'preact/hooks';
export const count = (n) => n.toLocaleString('en');
export function bytes(n) {
    const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
    let at = 0;
    while (n >= 1024 && at < units.length - 1) {
        n /= 1024;
        at++;
    }
    return `${at && n < 100 ? n.toFixed(1) : Math.round(n)} ${units[at]}`;
}
export function span(seconds) {
    const [d, h, m] = [Math.floor(seconds / 86400), Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60];
    return d ? `${d} d ${h} h` : h ? `${h} h ${m} min` : m ? `${m} min` : `${Math.floor(seconds)} s`;
}
export const when = (time) => (time ? time.replace('T', ' ').replace(/:\d\d(\.\d+)?Z$/, '') : '');
export const problem = (error) => (error instanceof Error ? error.message : String(error));
// ---- Focus ----
/** Where the keyboard goes on if what it was on is there no more. */
export const focusHeading = () => document.querySelector('h1')?.focus();
/** After a change of the page that may have removed what had the focus. */
function keepFocus() {
    const held = document.activeElement;
    if (held && held !== document.body)
        setTimeout(() => held.isConnected || document.activeElement !== document.body || focusHeading());
}
// ---- Results ----
let tell = (_text) => { };
/** Says what was done, to readers of the screen too. */
export const say = (text) => tell(text);
/** Where that is said: always there, as only changes of it are read out. */
export function Said() {
    const [text, setText] = useState('');
    useEffect(() => {
        let timer;
        tell = (next) => {
            clearTimeout(timer);
            // The same text again is read out again.
            setText('');
            timer = setTimeout(() => (setText(next), (timer = setTimeout(() => setText(''), 15_000))), 50);
        };
        return () => clearTimeout(timer);
    }, []);
    return _jsx("p", { class: "said", role: "status", children: text });
}
// ---- Loading ----
/** What `load` returns, again whenever `reload` is called; the last one stays
 * meanwhile. */
export function useLoaded(load, inputs = []) {
    const [value, setValue] = useState();
    const [error, setError] = useState();
    const [turn, setTurn] = useState(0);
    useEffect(() => {
        let gone = false;
        load().then((found) => gone || (keepFocus(), setValue(() => found), setError(undefined)), (failure) => gone || setError(problem(failure)));
        return () => {
            gone = true;
        };
    }, [turn, ...inputs]);
    return { value, error, reload: useCallback(() => setTurn((n) => n + 1), []) };
}
/** Something that goes on by itself until it is paused. */
export function usePause() {
    const [paused, setPaused] = useState(false);
    const button = _jsx("button", { type: "button", "aria-pressed": paused, onClick: () => setPaused(!paused), children: paused ? 'Paused' : 'Pause' });
    return { paused, button };
}
export function Failure({ text }) {
    return text ? _jsx("p", { class: "failure", role: "alert", children: text }) : null;
}
// ---- Dialogs and forms ----
// What had the focus before the first of the dialogs that follow each other.
let opener = null;
let dialogs = 0;
function giveBack() {
    if (dialogs)
        return;
    if (opener instanceof HTMLElement && opener.isConnected && opener !== document.body)
        opener.focus();
    else
        focusHeading();
    opener = null;
}
/** A modal dialog, closed by Escape too. The browser keeps the focus in it; it goes
 * back to what has opened it. */
export function Dialog({ title, close, children }) {
    const element = useRef(null);
    const id = useId();
    useLayoutEffect(() => {
        dialogs++;
        opener ??= document.activeElement;
        element.current.showModal();
        return () => {
            dialogs--;
            setTimeout(giveBack);
        };
    }, []);
    return (_jsxs("dialog", { ref: element, "aria-labelledby": id, onClose: close, children: [_jsx("h2", { id: id, children: title }), children] }));
}
/** A form that is busy until `send` ends, and shows why that failed. */
export function Form({ send, children, button, close }) {
    const [busy, setBusy] = useState(false);
    const [error, setError] = useState();
    const submit = (event) => {
        event.preventDefault();
        if (busy)
            return;
        setBusy(true);
        setError(undefined);
        send(new FormData(event.currentTarget)).catch((failure) => setError(problem(failure))).finally(() => setBusy(false));
    };
    return (_jsxs("form", { onSubmit: submit, "aria-busy": busy, children: [children, _jsx(Failure, { text: error }), _jsxs("p", { class: "buttons", children: [_jsx("button", { type: "submit", class: "main-button", "aria-disabled": busy, children: button }), close && _jsx("button", { type: "button", onClick: close, children: "Cancel" })] })] }));
}
/** Asks before something that cannot be undone, and says when it is `done`. */
export function Confirm({ title, text, button, done, act, close }) {
    return (_jsxs(Dialog, { title: title, close: close, children: [_jsx("p", { children: text }), _jsx(Form, { button: button, close: close, send: async () => (await act(), close(), say(done)) })] }));
}
export function Field({ label, hint, children }) {
    return (_jsxs("label", { class: "field", children: [_jsx("span", { children: label }), children, hint && _jsx("small", { children: hint })] }));
}
/** A secret that is shown this once. */
export function Secret({ text, what }) {
    const [copied, setCopied] = useState(false);
    const copy = () => navigator.clipboard.writeText(text).then(() => (setCopied(true), say('Copied')), () => say('The browser does not let this page copy: select the text'));
    return (_jsxs("div", { class: "secret", children: [_jsxs("p", { children: ["This is the only time that ", what, " is shown."] }), _jsx("output", { tabIndex: 0, "aria-label": what, children: text }), _jsx("button", { type: "button", onClick: copy, children: copied ? 'Copied' : 'Copy' })] }));
}
