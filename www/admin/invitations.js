import { Fragment as _Fragment, jsxs as _jsxs, jsx as _jsx } from "preact/jsx-runtime";
// Invitations: list, make, withdraw.
import { useState } from 'preact/hooks';
import { call } from './api.js';
import { days, Grants, GroupsField, words } from './fields.js';
import { Table } from './table.js';
import { Confirm, count, Dialog, Failure, Field, Form, Secret, useLoaded, when } from './ui.js';
// Where the app is, for the next link of this browser.
const URL_KEY = 'pocketbook-admin-app';
const columns = (open) => [
    { title: 'Id', kind: 'head', class: 'mono', show: ({ id }) => id },
    { title: 'Groups', show: ({ user, groups, note }) => _jsxs(_Fragment, { children: [user ? _jsxs(_Fragment, { children: ["another device of ", user] }) : _jsx(Grants, { groups: groups }), note && _jsx("small", { class: "note", children: note })] }) },
    { title: 'Joined', show: ({ used, uses }) => `${count(used)} of ${count(uses)}` },
    { title: 'Ends', class: 'when', show: ({ state, expires }) => (state === 'open' ? when(expires) : state) },
    { title: 'Actions', kind: 'acts', show: (invite) => _jsx("button", { type: "button", onClick: () => open({ what: 'end', invite }), "aria-label": `Withdraw ${invite.id}`, children: "Withdraw" }) },
];
function Add({ made, close }) {
    const send = async (data) => {
        const url = String(data.get('url')).trim();
        const { link } = await call('invites', { groups: words(data.get('groups')), uses: Number(data.get('uses')), expires: days(data, 'days'), note: String(data.get('note')) });
        localStorage.setItem(URL_KEY, url);
        made(url + link);
    };
    return (_jsx(Dialog, { title: "New invitation", close: close, children: _jsxs(Form, { button: "Make it", send: send, close: close, children: [_jsx(GroupsField, { required: true, autofocus: true }), _jsx(Field, { label: "How many may join", children: _jsx("input", { name: "uses", type: "number", min: "1", max: "1000000", value: "1", required: true }) }), _jsx(Field, { label: "Ends in days", children: _jsx("input", { name: "days", type: "number", min: "0.01", max: "36500", step: "any", value: "7", required: true }) }), _jsx(Field, { label: "Note", hint: "For the lists of invitations and tokens.", children: _jsx("input", { name: "note", maxLength: 200, autocomplete: "off" }) }), _jsx(Field, { label: "Address of the app", hint: "Such as https://notes.example/. Empty: put the end of the link behind it yourself.", children: _jsx("input", { name: "url", type: "url", pattern: "https?://[^#]+", defaultValue: localStorage.getItem(URL_KEY) ?? '', spellcheck: false }) })] }) }));
}
export function InvitationsView() {
    const { value, error, reload } = useLoaded(() => call('invites'));
    const [open, setOpen] = useState();
    const close = () => setOpen(undefined);
    return (_jsxs(_Fragment, { children: [_jsxs("div", { class: "bar", children: [_jsx("p", { class: "quiet", children: "A person who opens the link chooses a name and gets a token of their own." }), _jsx("button", { type: "button", class: "main-button", onClick: () => setOpen({ what: 'add' }), children: "New invitation" })] }), _jsx(Failure, { text: error }), value && _jsx(Table, { caption: `${count(value.invites.length)} ${value.invites.length === 1 ? 'invitation' : 'invitations'}`, columns: columns(setOpen), rows: value.invites, id: ({ id }) => id, faded: ({ state }) => state !== 'open' }), open?.what === 'add' && _jsx(Add, { made: (link) => (setOpen({ what: 'made', link }), reload()), close: close }), open?.what === 'end' && (_jsx(Confirm, { title: "Withdraw an invitation", text: `Nobody can join with ${open.invite.id} any more. Tokens that were made by it stay.`, button: "Withdraw", done: "The invitation was withdrawn", act: () => call('invites/end', { id: open.invite.id }).then(reload), close: close })), open?.what === 'made' && (_jsxs(Dialog, { title: "The link of the invitation", close: close, children: [_jsx(Secret, { text: open.link, what: "the link" }), _jsx("p", { class: "buttons", children: _jsx("button", { type: "button", onClick: close, children: "Done" }) })] }))] }));
}
