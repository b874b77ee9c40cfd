import { jsx as _jsx, jsxs as _jsxs, Fragment as _Fragment } from "preact/jsx-runtime";
// The audit file: who has changed what, the newest first.
import { useState } from 'preact/hooks';
import { call } from './api.js';
import { Table } from './table.js';
import { count, Failure, say, useLoaded } from './ui.js';
/** A line of logfmt as its parts. */
function parse(line, at) {
    const parts = [...line.matchAll(/(\w+)=("(?:[^"\\]|\\.)*"|\S*)/g)].map(([, key, value]) => [key, value.startsWith('"') ? value.slice(1, -1).replace(/\\(.)/g, '$1') : value]);
    const all = new Map(parts);
    const rest = parts.filter(([key]) => !['time', 'act', 'pid', 'uid', 'login', 'command', 'admin', 'admin_token'].includes(key));
    const who = all.get('admin') ?? (all.has('login') ? `user ${all.get('login')}` : all.has('uid') ? `user ${all.get('uid')}` : 'the server');
    return { key: `${at} ${line}`, time: (all.get('time') ?? '').replace('T', ' ').replace(/\.\d+Z$/, ''), act: (all.get('act') ?? '').replaceAll('_', ' '), who, by: all.get('command') ?? '', rest };
}
const COLUMNS = [
    { title: 'When', class: 'mono when', show: ({ time }) => time },
    { title: 'Act', kind: 'head', show: ({ act }) => act },
    { title: 'Who', show: ({ who }) => who },
    { title: 'By', show: ({ by }) => by },
    { title: 'What', show: ({ rest }) => rest.map(([key, text]) => _jsxs("span", { class: "pair", children: [_jsx("small", { children: key }), " ", text] }, key)) },
];
export function AuditView() {
    const { value, error, reload } = useLoaded(() => call('audit'));
    const [filter, setFilter] = useState('');
    const shown = value?.lines.map(parse).filter(({ key }) => key.includes(filter)).reverse();
    return (_jsxs(_Fragment, { children: [_jsxs("div", { class: "bar", children: [_jsxs("label", { children: ["Find ", _jsx("input", { type: "search", value: filter, onInput: (event) => setFilter(event.currentTarget.value) })] }), _jsx("button", { type: "button", onClick: () => (reload(), say('Read again')), children: "Read again" })] }), _jsx(Failure, { text: error }), value && !value.file && _jsx("p", { children: "A database in PostgreSQL has no audit file: its acts are in the log of the server, as event=audit." }), shown && value?.file && _jsx(Table, { found: true, caption: `${count(shown.length)} ${shown.length === 1 ? 'act' : 'acts'}, the newest first (UTC)`, columns: COLUMNS, rows: shown, id: ({ key }) => key })] }));
}
