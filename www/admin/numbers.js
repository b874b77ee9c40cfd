import { jsx as _jsx, jsxs as _jsxs, Fragment as _Fragment } from "preact/jsx-runtime";
// The numbers of the server, once a second: what `pocketbook top` shows, as charts.
import { useEffect, useRef, useState } from 'preact/hooks';
import { call } from './api.js';
import { Chart } from './chart.js';
import { Table } from './table.js';
import { bytes, count, Failure, problem, span, usePause } from './ui.js';
const KEPT = 300; // seconds
const COUNTERS = ['requests', 'pulls', 'pushes', 'written', 'conflicts', 'commits', 'events'];
const sum = (numbers, name) => numbers.processes.reduce((all, { values }) => all + (values[name] ?? 0), 0);
/** Milliseconds within which 99 % of the requests between two readings were
 * answered. */
function slowest(before, now) {
    if (!before || !now)
        return 0;
    const since = now.upto.map((n, i) => n - (before.upto[i] ?? 0));
    const all = since.at(-1) ?? 0;
    const at = since.findIndex((n) => n >= all * 0.99);
    return all ? (now.bounds[Math.min(at, now.bounds.length - 1)] ?? 0) / 1000 : 0;
}
function moment(before, now) {
    const seconds = Math.max(0.001, (now.clock - before.clock) / 1000);
    // A restarted server counts anew.
    const rate = (name) => Math.max(0, sum(now, name) - sum(before, name)) / seconds;
    return {
        at: Date.now() / 1000,
        rates: Object.fromEntries(COUNTERS.map((name) => [name, rate(name)])),
        streams: sum(now, 'streams'),
        connections: sum(now, 'connections'),
        pull: slowest(before.times['pull'], now.times['pull']),
        push: slowest(before.times['push'], now.times['push']),
    };
}
function useNumbers(paused) {
    const isPaused = useRef(paused);
    isPaused.current = paused;
    const last = useRef();
    const [state, setState] = useState({ moments: [] });
    useEffect(() => {
        let timer;
        let gone = false;
        const turn = async () => {
            if (!document.hidden && !isPaused.current) {
                try {
                    const now = await call('numbers');
                    const before = last.current;
                    last.current = now;
                    if (!gone)
                        setState(({ moments }) => ({ now, moments: before ? [...moments, moment(before, now)].slice(-KEPT) : moments }));
                }
                catch (error) {
                    if (!gone)
                        setState((old) => ({ ...old, error: problem(error) }));
                }
            }
            if (!gone)
                timer = setTimeout(turn, 1000);
        };
        void turn();
        return () => {
            gone = true;
            clearTimeout(timer);
        };
    }, []);
    return state;
}
const ink = { label: '', color: '--accent' };
const pair = (a, b) => [{ label: a, color: '--accent' }, { label: b, color: '--done' }];
const columns = (moments, ...of) => [moments.map(({ at }) => at), ...of.map((f) => moments.map(f))];
const value = (name) => ({ values }) => count(values[name] ?? 0);
const PROCESS_COLUMNS = [
    { title: 'Process', kind: 'head', show: ({ name }) => name },
    { title: 'State', show: ({ state }) => _jsx("span", { class: state === 'serving' ? 'good' : 'bad', children: state }) },
    { title: 'Streams', kind: 'n', show: value('streams') },
    { title: 'Connections', kind: 'n', show: value('connections') },
    { title: 'Requests', kind: 'n', show: value('requests') },
    { title: 'Events sent', kind: 'n', show: value('events') },
    { title: 'Starts', kind: 'n', show: ({ starts }) => count(starts) },
];
export function NumbersView() {
    const { paused, button } = usePause();
    const { now, moments, error } = useNumbers(paused);
    if (!now)
        return error ? _jsx(Failure, { text: error }) : _jsx("p", { class: "quiet", children: "Reading\u2026" });
    const { database, processes } = now;
    return (_jsxs(_Fragment, { children: [_jsxs("div", { class: "bar", children: [_jsx("p", { class: "quiet", children: "Read every second." }), button] }), _jsx(Failure, { text: error }), _jsxs("dl", { class: "facts", children: [_jsxs("div", { children: [_jsx("dt", { children: "Documents" }), _jsx("dd", { children: count(database.documents) })] }), _jsxs("div", { children: [_jsx("dt", { children: "Tombstones" }), _jsx("dd", { children: count(database.tombstones) })] }), database.own.filter(({ name }) => /_bytes$/.test(name)).map(({ name, title, value }) => _jsxs("div", { children: [_jsx("dt", { children: title[0].toUpperCase() + title.slice(1) }), _jsx("dd", { children: bytes(value) })] }, name)), _jsxs("div", { children: [_jsx("dt", { children: "Running for" }), _jsx("dd", { children: span(now.uptime) })] })] }), _jsxs("div", { class: "charts", children: [_jsx(Chart, { title: "Requests a second", lines: [ink], data: columns(moments, (m) => m.rates['requests']) }), _jsx(Chart, { title: "Documents written a second", lines: [ink], data: columns(moments, (m) => m.rates['written']) }), _jsx(Chart, { title: "Events sent a second", lines: [ink], data: columns(moments, (m) => m.rates['events']) }), _jsx(Chart, { title: "Open now", lines: pair('streams', 'connections'), data: columns(moments, (m) => m.streams, (m) => m.connections) }), _jsx(Chart, { title: "99 % answered within", unit: " ms", lines: pair('pulls', 'pushes'), data: columns(moments, (m) => m.pull, (m) => m.push) }), _jsx(Chart, { title: "Commits a second", lines: [ink], data: columns(moments, (m) => m.rates['commits']) })] }), _jsx(Table, { caption: "Processes", columns: PROCESS_COLUMNS, rows: processes, id: ({ name }) => name })] }));
}
