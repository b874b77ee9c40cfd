import { jsx as _jsx, jsxs as _jsxs, Fragment as _Fragment } from "preact/jsx-runtime";
// Groups with their sizes, and the documents of one: look, edit, delete, find what was
// deleted.
import { useEffect, useState } from 'preact/hooks';
import { call, query } from './api.js';
import { Table } from './table.js';
import { bytes, Confirm, count, Dialog, Failure, Form, problem, say, useLoaded, when } from './ui.js';
const GROUP_COLUMNS = [
    { title: 'Group', kind: 'head', show: ({ group }) => _jsx("a", { href: `#/documents/${encodeURIComponent(group)}`, children: group }) },
    { title: 'Documents', kind: 'n', show: ({ documents }) => count(documents) },
    { title: 'Deleted', kind: 'n', show: ({ tombstones }) => count(tombstones) },
    { title: 'Bytes', kind: 'n', show: ({ bytes: size }) => bytes(size) },
];
function Groups({ go }) {
    const { value, error, reload } = useLoaded(() => call('groups'));
    const [by, setBy] = useState('group');
    const sorted = value && [...value.groups].sort((a, b) => (by === 'group' ? (a.group < b.group ? -1 : 1) : b[by] - a[by]));
    return (_jsxs(_Fragment, { children: [_jsxs("div", { class: "bar", children: [_jsxs("form", { onSubmit: (event) => (event.preventDefault(), go(String(new FormData(event.currentTarget).get('group')))), children: [_jsxs("label", { children: ["Open group ", _jsx("input", { name: "group", required: true, autocomplete: "off", spellcheck: false })] }), " ", _jsx("button", { type: "submit", children: "Open" })] }), _jsxs("label", { children: ["Sort by", ' ', _jsxs("select", { value: by, onChange: (event) => setBy(event.currentTarget.value), children: [_jsx("option", { value: "group", children: "name" }), _jsx("option", { value: "documents", children: "documents" }), _jsx("option", { value: "bytes", children: "bytes" })] })] }), _jsx("button", { type: "button", onClick: reload, children: "Count again" })] }), _jsx(Failure, { text: error }), !sorted && !error && _jsx("p", { class: "quiet", role: "status", children: "Counting\u2026" }), sorted && _jsx(Table, { caption: `${count(value.count)} ${value.count === 1 ? 'group' : 'groups'}, without those nested in them`, columns: GROUP_COLUMNS, rows: sorted, id: ({ group }) => group })] }));
}
/** The versions of a document, each of which can be restored. */
function History({ id, now, restore, close }) {
    const [docs, setDocs] = useState([]);
    const [more, setMore] = useState(false);
    const [error, setError] = useState();
    const load = (before) => call(`versions?${query({ id, ...(before ? { before: String(before) } : {}) })}`).then((page) => (setDocs((old) => (before ? [...old, ...page.versions] : page.versions)), setMore(page.more)), (failure) => setError(problem(failure)));
    useEffect(() => void load(), [id]);
    return (_jsxs(Dialog, { title: `History of ${id}`, close: close, children: [_jsx(Failure, { text: error }), _jsx("ol", { class: "versions", reversed: true, children: docs.map((doc) => (_jsxs("li", { children: [_jsxs("p", { children: [_jsxs("b", { children: ["Version ", count(doc.version)] }), " ", doc.by ?? '', " ", _jsx("small", { children: when(doc.at ?? null) }), doc.version !== now && !doc.deleted && !doc.damaged && _jsx("button", { type: "button", onClick: () => restore(doc).catch((failure) => setError(problem(failure))), "aria-label": `Restore version ${doc.version}`, children: "Restore" })] }), _jsx("pre", { children: doc.deleted ? 'deleted' : doc.damaged ? 'damaged' : (doc.transit ?? JSON.stringify(doc.value, null, 2)) })] }, doc.version))) }), docs.length === 1 && _jsx("p", { class: "quiet", children: "There is no former version: they are kept if the server runs with --history." }), more && _jsx("p", { children: _jsx("button", { type: "button", onClick: () => void load(docs.at(-1).version), children: "More" }) }), _jsx("p", { class: "buttons", children: _jsx("button", { type: "button", onClick: close, children: "Back" }) })] }));
}
/** One document as text that can be edited: JSON, or Transit if JSON would lose types. */
function Edit({ id, done, close }) {
    const { value: doc, error } = useLoaded(() => call(`document?${query({ id })}`), [id]);
    const [removing, setRemoving] = useState(false);
    const [history, setHistory] = useState(false);
    if (!doc)
        return _jsx(Dialog, { title: id, close: close, children: error ? _jsx(Failure, { text: error }) : _jsx("p", { class: "quiet", children: "Reading\u2026" }) });
    const write = async (change) => {
        const answer = await call('document', { id, base: doc.version, ...change });
        if (answer.status === 'conflict')
            throw new Error(`another client has written version ${answer.version} meanwhile; close this and look again`);
        done();
    };
    const written = (text) => say(`${id} was ${text}`);
    const save = async (data) => {
        const text = String(data.get('text'));
        await write(doc.transit === undefined ? { value: JSON.parse(text) } : { transit: text });
        written('written');
    };
    if (removing)
        return _jsx(Confirm, { title: `Delete ${id}`, text: "Every client deletes it too.", button: "Delete", done: `${id} was deleted`, act: () => write({ deleted: true }), close: () => setRemoving(false) });
    // The value as it was, on top of what is there now: nothing is lost, and clients see
    // an edit.
    const restore = (old) => write(old.transit === undefined ? { value: old.value } : { transit: old.transit }).then(() => written(`restored to version ${old.version}`));
    if (history)
        return _jsx(History, { id: id, now: doc.version, restore: restore, close: () => setHistory(false) });
    return (_jsxs(Dialog, { title: id, close: close, children: [_jsxs("p", { class: "quiet", children: ["Version ", count(doc.version), doc.deleted && ', deleted', doc.damaged && ', damaged', doc.transit !== undefined && ', in Transit'] }), _jsx(Form, { button: doc.deleted ? 'Write it again' : 'Save', send: save, close: close, children: _jsx("textarea", { name: "text", "aria-label": "Value", rows: 14, spellcheck: false, autofocus: true, children: doc.transit ?? (doc.deleted || doc.damaged ? '' : JSON.stringify(doc.value, null, 2)) }) }), _jsxs("p", { class: "buttons", children: [_jsx("button", { type: "button", onClick: () => setHistory(true), children: "History" }), !doc.deleted && _jsx("button", { type: "button", class: "danger", onClick: () => setRemoving(true), children: "Delete\u2026" })] })] }));
}
const docColumns = (open) => [
    { title: 'Id', kind: 'head', show: ({ id }) => _jsx("button", { type: "button", class: "link", onClick: () => open(id), children: id }) },
    { title: 'Version', kind: 'n', show: ({ version }) => count(version) },
    { title: 'Value', class: 'mono cut', show: (doc) => (doc.deleted ? 'deleted' : doc.damaged ? 'damaged' : JSON.stringify(doc.value)) },
    { title: 'Written by', show: ({ by }) => by ?? '' },
    { title: 'At (UTC)', class: 'when', show: ({ at }) => when(at ?? null) },
];
function Documents({ group }) {
    const [docs, setDocs] = useState([]);
    const [next, setNext] = useState();
    const [deleted, setDeleted] = useState(false);
    const [error, setError] = useState();
    const [id, setId] = useState();
    const load = (since) => call(`documents?${query({ group, ...(since ? { since } : {}), ...(deleted ? { deleted: '1' } : {}) })}`).then((page) => (setDocs((old) => (since ? [...old, ...page.documents] : page.documents)), setNext(page), setError(undefined)), (failure) => setError(problem(failure)));
    useEffect(() => void load(), [group, deleted]);
    return (_jsxs(_Fragment, { children: [_jsxs("div", { class: "bar", children: [_jsxs("p", { children: [_jsx("a", { href: "#/documents", children: "All groups" }), " / ", _jsx("b", { children: group })] }), _jsxs("label", { class: "check", children: [_jsx("input", { type: "checkbox", checked: deleted, onChange: (event) => setDeleted(event.currentTarget.checked) }), " Deleted ones"] })] }), _jsx(Failure, { text: error }), _jsx(Table, { caption: `${deleted ? 'Deleted documents' : 'Documents'}, those changed last at the end`, columns: docColumns(setId), rows: docs.filter((doc) => deleted || !doc.deleted), id: (doc) => doc.id }), next?.more && _jsx("p", { children: _jsx("button", { type: "button", onClick: () => void load(next.cursor), children: "More" }) }), id !== undefined && _jsx(Edit, { id: id, done: () => (setId(undefined), void load()), close: () => setId(undefined) })] }));
}
export function DocumentsView({ rest }) {
    return rest ? _jsx(Documents, { group: decodeURIComponent(rest) }) : _jsx(Groups, { go: (group) => (location.hash = `#/documents/${encodeURIComponent(group)}`) });
}
