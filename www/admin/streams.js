import { jsxs as _jsxs, Fragment as _Fragment, jsx as _jsx } from "preact/jsx-runtime";
// Open event streams by user; ends one.
import { useEffect, useState } from 'preact/hooks';
import { call } from './api.js';
import { Table } from './table.js';
import { bytes, Confirm, count, Failure, useLoaded, usePause, when } from './ui.js';
const INTERVAL = 3000;
const columns = (end) => [
    { title: 'User', kind: 'head', show: ({ user, many }) => _jsxs(_Fragment, { children: [user || 'anybody', many > 1 && _jsxs("small", { class: "note", children: [count(many), " streams"] })] }) },
    { title: 'Token', class: 'mono', show: ({ token }) => token },
    { title: 'Groups', kind: 'n', show: ({ groups }) => count(groups) },
    { title: 'Since (UTC)', class: 'when', show: ({ since }) => when(since) },
    { title: 'Taken', kind: 'n', show: ({ bytes: taken }) => (taken === undefined ? '' : bytes(taken)) },
    { title: 'Worker', show: ({ worker }) => worker },
    { title: 'Actions', kind: 'acts', show: (stream) => _jsx("button", { type: "button", onClick: () => end(stream), "aria-label": `End the stream ${stream.id} of ${stream.user || 'anybody'}`, children: "End" }) },
];
/** What the rows leave out. */
function rest({ streams, count: all, silent }) {
    const hidden = all - streams.length;
    const parts = [hidden > 0 && `${count(hidden)} more are not listed`, silent > 0 && `${count(silent)} ${silent === 1 ? 'worker has' : 'workers have'} not answered`];
    return parts.filter(Boolean).join('; ');
}
/** Those of a user together, the oldest first. */
function byUser(streams) {
    const sorted = [...streams].sort((a, b) => a.user.localeCompare(b.user) || a.since.localeCompare(b.since) || a.id.localeCompare(b.id));
    return sorted.map((stream, i) => ({ ...stream, many: sorted[i - 1]?.user === stream.user ? 0 : sorted.filter(({ user }) => user === stream.user).length }));
}
export function StreamsView() {
    const { value, error, reload } = useLoaded(() => call('streams'));
    const [ending, setEnding] = useState();
    const { paused, button } = usePause();
    useEffect(() => {
        const timer = paused ? undefined : setTimeout(reload, INTERVAL);
        return () => clearTimeout(timer);
    }, [value, error, paused]);
    return (_jsxs(_Fragment, { children: [_jsxs("div", { class: "bar", children: [_jsx("p", { class: "quiet", children: "Read every three seconds." }), button] }), _jsx(Failure, { text: error }), value && _jsx(Table, { caption: `${count(value.count)} ${value.count === 1 ? 'stream' : 'streams'}${rest(value) && `; ${rest(value)}`}`, columns: columns(setEnding), rows: byUser(value.streams), id: ({ id }) => id }), ending && (_jsx(Confirm, { title: `End a stream of ${ending.user || 'anybody'}`, text: "Its client is told, and connects again unless its token was revoked.", button: "End it", done: "The stream is ended", act: () => call('streams/end', { id: ending.id }).then(reload), close: () => setEnding(undefined) }))] }));
}
