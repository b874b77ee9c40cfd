import { jsx as _jsx, jsxs as _jsxs, Fragment as _Fragment } from "preact/jsx-runtime";
// The admin page: signing in, and the views by the part of the address behind #.
import { render } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { ApiError, call, signIn } from './api.js';
import { AuditView } from './audit.js';
import { BackupView } from './backup.js';
import { DocumentsView } from './documents.js';
import { InvitationsView } from './invitations.js';
import { NumbersView } from './numbers.js';
import { StreamsView } from './streams.js';
import { TokensView } from './tokens.js';
import { Failure, Field, focusHeading, Form, problem, Said, say } from './ui.js';
import { UsersView } from './users.js';
const VIEWS = [
    ['numbers', 'Numbers'],
    ['tokens', 'Tokens'],
    ['users', 'Users'],
    ['invitations', 'Invitations'],
    ['streams', 'Streams'],
    ['documents', 'Documents'],
    ['audit', 'Audit'],
    ['backup', 'Backup'],
];
function useHash() {
    const read = () => location.hash.replace(/^#\/?/, '');
    const [hash, setHash] = useState(read);
    useEffect(() => {
        const change = () => setHash(read());
        addEventListener('hashchange', change);
        return () => removeEventListener('hashchange', change);
    }, []);
    const slash = hash.indexOf('/');
    return slash < 0 ? [hash, ''] : [hash.slice(0, slash), hash.slice(slash + 1)];
}
function SignIn({ error, done }) {
    const field = useRef(null);
    useEffect(() => field.current?.focus(), []);
    return (_jsxs("main", { class: "paper narrow", children: [_jsx("h1", { children: "Admin" }), _jsxs(Form, { button: "Sign in", send: async (data) => (signIn(String(data.get('token')).trim()), done()), children: [_jsx(Field, { label: "Token of an administrator", hint: "Make one with: pocketbook token add --user NAME --admin. It stays in this tab until you close it.", children: _jsx("input", { ref: field, name: "token", type: "password", autocomplete: "current-password", spellcheck: false, required: true }) }), _jsx(Failure, { text: error })] })] }));
}
function View({ name, rest, session }) {
    switch (name) {
        case 'tokens':
            return _jsx(TokensView, {});
        case 'users':
            return _jsx(UsersView, {});
        case 'invitations':
            return _jsx(InvitationsView, {});
        case 'streams':
            return _jsx(StreamsView, {});
        case 'documents':
            return _jsx(DocumentsView, { rest: rest });
        case 'audit':
            return _jsx(AuditView, {});
        case 'backup':
            return _jsx(BackupView, { session: session });
        default:
            return _jsx(NumbersView, {});
    }
}
function App() {
    const [session, setSession] = useState();
    const [error, setError] = useState();
    const [asked, setAsked] = useState(false);
    const [hash, rest] = useHash();
    const name = VIEWS.find(([view]) => view === hash)?.[0] ?? 'numbers';
    const begin = () => call('session').then((found) => (setSession(found), setError(undefined)), (failure) => {
        setError(failure instanceof ApiError && failure.status === 401 && !asked ? undefined : problem(failure));
        setAsked(true);
    });
    useEffect(() => void begin(), []);
    useEffect(() => {
        document.title = `${VIEWS.find(([view]) => view === name)[1]} · Pocketbook admin`;
    }, [name]);
    const begun = useRef(false);
    useEffect(() => {
        // What was read is another page now; the first one is where it begins.
        if (begun.current)
            (say(''), focusHeading());
        begun.current = !!session;
    }, [name, rest, !!session]);
    if (!session)
        return asked ? _jsx(SignIn, { error: error, done: begin }) : null;
    const leave = () => (signIn(null), setSession(undefined));
    return (_jsxs(_Fragment, { children: [_jsx("button", { type: "button", class: "skip", onClick: focusHeading, children: "Skip to the content" }), _jsxs("header", { class: "top", children: [_jsxs("p", { class: "brand", children: [_jsx("b", { children: "Pocketbook" }), " ", session.version, " ", _jsx("span", { class: "mono", children: session.database })] }), _jsx("nav", { "aria-label": "Views", children: VIEWS.map(([view, title]) => _jsx("a", { href: `#/${view}`, "aria-current": view === name ? 'page' : undefined, children: title }, view)) }), _jsx("p", { class: "who", children: session.socket ? 'by the Unix socket' : _jsxs(_Fragment, { children: [session.user, " ", _jsx("button", { type: "button", class: "link", onClick: leave, children: "Sign out" })] }) })] }), _jsxs("main", { class: "paper", children: [_jsx("h1", { tabIndex: -1, children: VIEWS.find(([view]) => view === name)[1] }), _jsx(View, { name: name, rest: rest, session: session }, name)] }), _jsx(Said, {})] }));
}
render(_jsx(App, {}), document.getElementById('root'));
