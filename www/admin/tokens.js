import { jsxs as _jsxs, jsx as _jsx, Fragment as _Fragment } from "preact/jsx-runtime";
// Tokens: list, make, change, rotate, revoke.
import { useState } from 'preact/hooks';
import { call } from './api.js';
import { days, GroupsField, Grants, grantsText, words } from './fields.js';
import { Table } from './table.js';
import { bytes, Confirm, count, Dialog, Failure, Field, Form, Secret, say, useLoaded, when } from './ui.js';
function uses(name, { used, limit }) {
    const shown = name === 'bytes' ? bytes : count;
    if (!used && !limit)
        return null;
    return _jsxs("li", { children: [name, " ", used !== undefined && shown(used), limit && `${used !== undefined ? ' of ' : ''}${shown(limit)}`, name === 'pushes' && ' a minute'] }, name);
}
const columns = (open) => [
    { title: 'User', kind: 'head', show: ({ user, admin }) => _jsxs(_Fragment, { children: [user, admin && _jsx("span", { class: "tag", children: "admin" })] }) },
    { title: 'Id', class: 'mono', show: ({ id }) => id },
    { title: 'Groups', show: ({ groups, note }) => (groups.length || note ? _jsxs(_Fragment, { children: [_jsx(Grants, { groups: groups }), note && _jsx("small", { class: "note", children: note })] }) : '') },
    { title: 'Expires', class: 'when', show: ({ expired, expires }) => (expired ? 'expired' : when(expires) || 'never') },
    { title: 'Last used', class: 'when', show: ({ used }) => when(used) || _jsx("span", { class: "quiet", children: "not known" }) },
    { title: 'Stored', show: ({ quotas }) => (Object.values(quotas).some(({ used, limit }) => used || limit) ? _jsx("ul", { class: "uses", children: Object.entries(quotas).map(([name, quota]) => uses(name, quota)) }) : '') },
    {
        title: 'Actions', kind: 'acts', show: (token) => (_jsxs(_Fragment, { children: [_jsx("button", { type: "button", onClick: () => open({ what: 'set', token }), "aria-label": `Change ${token.id} of ${token.user}`, children: "Change" }), _jsx("button", { type: "button", onClick: () => open({ what: 'rotate', token }), "aria-label": `Rotate ${token.id} of ${token.user}`, children: "Rotate" }), _jsx("button", { type: "button", onClick: () => open({ what: 'revoke', token }), "aria-label": `Revoke ${token.id} of ${token.user}`, children: "Revoke" })] })),
    },
];
function Add({ made, close }) {
    const send = async (data) => {
        const user = String(data.get('user')).trim();
        const quota = String(data.get('quota')).trim();
        made(await call('tokens', { user, groups: words(data.get('groups')), admin: data.get('admin') === 'on', expires: days(data, 'days'), note: String(data.get('note')), quota: quota || undefined }), user);
    };
    return (_jsx(Dialog, { title: "New token", close: close, children: _jsxs(Form, { button: "Make it", send: send, close: close, children: [_jsx(Field, { label: "User", children: _jsx("input", { name: "user", required: true, maxLength: 128, autocomplete: "off", spellcheck: false, autofocus: true }) }), _jsx(GroupsField, {}), _jsx(Field, { label: "Note", children: _jsx("input", { name: "note", maxLength: 200, autocomplete: "off" }) }), _jsx(Field, { label: "Expires in days", hint: "Empty: never.", children: _jsx("input", { name: "days", type: "number", min: "1", max: "36500" }) }), _jsx(Field, { label: "Quota", hint: "Such as bytes=1G,documents=100000. Empty: the server\u2019s.", children: _jsx("input", { name: "quota", autocomplete: "off", spellcheck: false }) }), _jsxs("label", { class: "check", children: [_jsx("input", { type: "checkbox", name: "admin" }), " May use this page, as you do"] })] }) }));
}
function Rotate({ token, made, close }) {
    return (_jsx(Dialog, { title: `Rotate a token of ${token.user}`, close: close, children: _jsxs(Form, { button: "Rotate", close: close, send: async (data) => made(await call('tokens/rotate', { id: token.id, expires: days(data, 'days'), grace: days(data, 'grace') }), token.user), children: [_jsxs("p", { children: ["A new token takes the place of ", token.id, ", with the same rights."] }), _jsx(Field, { label: "The old one stays for days", hint: "0: it ends at once.", children: _jsx("input", { name: "grace", type: "number", min: "0", max: "36500", value: "0", required: true }) }), _jsx(Field, { label: "The new one expires in days", hint: "Empty: when the old one would have; 0: never.", children: _jsx("input", { name: "days", type: "number", min: "0", max: "36500" }) })] }) }));
}
function Change({ token, done, close }) {
    const send = async (data) => {
        const change = { id: token.id, expires: days(data, 'days') };
        const groups = String(data.get('groups'));
        const note = String(data.get('note'));
        const quota = String(data.get('quota')).trim();
        if (groups !== grantsText(token.groups))
            change.groups = words(groups);
        if (note !== token.note)
            change.note = note;
        if (quota)
            change.quota = quota;
        await call('tokens/set', change);
        done();
    };
    return (_jsx(Dialog, { title: `Change a token of ${token.user}`, close: close, children: _jsxs(Form, { button: "Change", close: close, send: send, children: [_jsx(GroupsField, { groups: token.groups, required: !token.admin }), _jsx(Field, { label: "Note", children: _jsx("input", { name: "note", maxLength: 200, autocomplete: "off", defaultValue: token.note }) }), _jsx(Field, { label: "Expires in days, from now", hint: "Empty: as it is; 0: never.", children: _jsx("input", { name: "days", type: "number", min: "0", max: "36500", step: "any" }) }), _jsx(Field, { label: "Quota", hint: "bytes, documents, groups, streams, pushes (a minute): a number, off, or default; those that are not named stay.", children: _jsx("input", { name: "quota", placeholder: "bytes=1G,pushes=600", autocomplete: "off", spellcheck: false }) })] }) }));
}
export function TokensView() {
    const { value, error, reload } = useLoaded(() => call('tokens'));
    const [open, setOpen] = useState();
    const [filter, setFilter] = useState('');
    const close = () => setOpen(undefined);
    const done = (user) => (close(), reload(), say(`A token of ${user} was changed`));
    const made = (minted, user) => (setOpen({ what: 'made', made: minted, user }), reload());
    const shown = value?.tokens.filter(({ user, id, groups }) => [user, id, ...groups.map(({ group }) => group)].some((text) => text.includes(filter)));
    return (_jsxs(_Fragment, { children: [_jsxs("div", { class: "bar", children: [_jsxs("label", { children: ["Find ", _jsx("input", { type: "search", value: filter, onInput: (event) => setFilter(event.currentTarget.value), placeholder: "user, id or group" })] }), _jsx("button", { type: "button", class: "main-button", onClick: () => setOpen({ what: 'add' }), children: "New token" })] }), _jsx(Failure, { text: error }), shown && _jsx(Table, { found: true, caption: `${count(shown.length)} ${shown.length === 1 ? 'token' : 'tokens'}`, columns: columns(setOpen), rows: shown, id: ({ id }) => id, faded: ({ expired }) => expired }), open?.what === 'add' && _jsx(Add, { made: made, close: close }), open?.what === 'rotate' && _jsx(Rotate, { token: open.token, made: made, close: close }), open?.what === 'set' && _jsx(Change, { token: open.token, done: () => done(open.token.user), close: close }), open?.what === 'revoke' && (_jsx(Confirm, { title: `Revoke a token of ${open.token.user}`, text: `Devices that use ${open.token.id} are signed out at once. This cannot be undone.`, button: "Revoke", done: `A token of ${open.token.user} was revoked`, act: () => call('tokens/revoke', { id: open.token.id }).then(reload), close: close })), open?.what === 'made' && (_jsxs(Dialog, { title: `The token of ${open.user}`, close: close, children: [_jsx(Secret, { text: open.made.token, what: "the token" }), _jsx("p", { class: "buttons", children: _jsx("button", { type: "button", onClick: close, children: "Done" }) })] }))] }));
}
