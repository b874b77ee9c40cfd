import { Fragment as _Fragment, jsx as _jsx, jsxs as _jsxs } from "preact/jsx-runtime";
// What each user has stored, and the limits that apply.
import { useState } from 'preact/hooks';
import { call } from './api.js';
import { Table } from './table.js';
import { bytes, count, Failure, useLoaded } from './ui.js';
function Stored({ use: { used, limit }, shown }) {
    if (limit === undefined)
        return _jsx(_Fragment, { children: shown(used) });
    return (_jsxs(_Fragment, { children: [shown(used), " of ", shown(limit), _jsx("meter", { "aria-hidden": "true", min: 0, max: limit, high: limit * 0.9, value: used })] }));
}
const COLUMNS = [
    { title: 'User', kind: 'head', show: ({ user }) => user },
    { title: 'Tokens', kind: 'n', show: ({ tokens }) => count(tokens) },
    { title: 'Bytes', kind: 'n', show: ({ stored }) => _jsx(Stored, { use: stored.bytes, shown: bytes }) },
    { title: 'Documents', kind: 'n', show: ({ stored }) => _jsx(Stored, { use: stored.documents, shown: count }) },
    { title: 'Groups', kind: 'n', show: ({ stored }) => _jsx(Stored, { use: stored.groups, shown: count }) },
];
export function UsersView() {
    const { value, error, reload } = useLoaded(() => call('users'));
    const [filter, setFilter] = useState('');
    const [by, setBy] = useState('user');
    const shown = value?.users.filter(({ user }) => user.includes(filter));
    const sorted = shown && (by === 'user' ? shown : [...shown].sort((a, b) => b.stored[by].used - a.stored[by].used));
    return (_jsxs(_Fragment, { children: [_jsxs("div", { class: "bar", children: [_jsxs("label", { children: ["Find ", _jsx("input", { type: "search", value: filter, onInput: (event) => setFilter(event.currentTarget.value), placeholder: "user" })] }), _jsxs("label", { children: ["Sort by", ' ', _jsxs("select", { value: by, onChange: (event) => setBy(event.currentTarget.value), children: [_jsx("option", { value: "user", children: "name" }), _jsx("option", { value: "bytes", children: "bytes" }), _jsx("option", { value: "documents", children: "documents" }), _jsx("option", { value: "groups", children: "groups" })] })] }), _jsx("button", { type: "button", onClick: reload, children: "Read again" })] }), _jsx(Failure, { text: error }), value?.users.length !== 0 && value?.users.every(({ stored }) => !stored.bytes.used && stored.bytes.limit === undefined) && (_jsxs("p", { class: "quiet", children: ["Nothing is counted: that begins with a quota of the server (", _jsx("code", { children: "--quota" }), ") or of a token."] })), sorted && _jsx(Table, { found: true, caption: `${count(sorted.length)} ${sorted.length === 1 ? 'user' : 'users'} with a token, and what they have stored`, columns: COLUMNS, rows: sorted, id: ({ user }) => user })] }));
}
