// The numbers of the server, once a second: what `pocketbook top` shows, as charts.
import { useEffect, useRef, useState } from 'preact/hooks'
import type uPlot from 'uplot'
import { call, type Numbers, type Process, type Times } from './api.js'
import { Chart } from './chart.js'
import { Table, type Column } from './table.js'
import { bytes, count, Failure, problem, span, usePause } from './ui.js'

const KEPT = 300 // seconds
const COUNTERS = ['requests', 'pulls', 'pushes', 'written', 'conflicts', 'commits', 'events'] as const

const sum = (numbers: Numbers, name: string) => numbers.processes.reduce((all, { values }) => all + (values[name] ?? 0), 0)

/** Milliseconds within which 99 % of the requests between two readings were
 * answered. */
function slowest(before: Times | undefined, now: Times | undefined) {
	if (!before || !now) return 0
	const since = now.upto.map((n, i) => n - (before.upto[i] ?? 0))
	const all = since.at(-1) ?? 0
	const at = since.findIndex((n) => n >= all * 0.99)
	return all ? (now.bounds[Math.min(at, now.bounds.length - 1)] ?? 0) / 1000 : 0
}

interface Moment { at: number; rates: Record<string, number>; streams: number; connections: number; pull: number; push: number }

function moment(before: Numbers, now: Numbers): Moment {
	const seconds = Math.max(0.001, (now.clock - before.clock) / 1000)
	// A restarted server counts anew.
	const rate = (name: string) => Math.max(0, sum(now, name) - sum(before, name)) / seconds
	return {
		at: Date.now() / 1000,
		rates: Object.fromEntries(COUNTERS.map((name) => [name, rate(name)])),
		streams: sum(now, 'streams'),
		connections: sum(now, 'connections'),
		pull: slowest(before.times['pull'], now.times['pull']),
		push: slowest(before.times['push'], now.times['push']),
	}
}

function useNumbers(paused: boolean) {
	const isPaused = useRef(paused)
	isPaused.current = paused
	const last = useRef<Numbers>()
	const [state, setState] = useState<{ now?: Numbers; moments: Moment[]; error?: string }>({ moments: [] })
	useEffect(() => {
		let timer: ReturnType<typeof setTimeout>
		let gone = false
		const turn = async () => {
			if (!document.hidden && !isPaused.current) {
				try {
					const now = await call<Numbers>('numbers')
					const before = last.current
					last.current = now
					if (!gone) setState(({ moments }) => ({ now, moments: before ? [...moments, moment(before, now)].slice(-KEPT) : moments }))
				} catch (error) {
					if (!gone) setState((old) => ({ ...old, error: problem(error) }))
				}
			}
			if (!gone) timer = setTimeout(turn, 1000)
		}
		void turn()
		return () => {
			gone = true
			clearTimeout(timer)
		}
	}, [])
	return state
}

const ink = { label: '', color: '--accent' }
const pair = (a: string, b: string) => [{ label: a, color: '--accent' }, { label: b, color: '--done' }]
const columns = (moments: Moment[], ...of: ((m: Moment) => number)[]) => [moments.map(({ at }) => at), ...of.map((f) => moments.map(f))] as uPlot.AlignedData

const value = (name: string) => ({ values }: Process) => count(values[name] ?? 0)

const PROCESS_COLUMNS: Column<Process>[] = [
	{ title: 'Process', kind: 'head', show: ({ name }) => name },
	{ title: 'State', show: ({ state }) => <span class={state === 'serving' ? 'good' : 'bad'}>{state}</span> },
	{ title: 'Streams', kind: 'n', show: value('streams') },
	{ title: 'Connections', kind: 'n', show: value('connections') },
	{ title: 'Requests', kind: 'n', show: value('requests') },
	{ title: 'Events sent', kind: 'n', show: value('events') },
	{ title: 'Starts', kind: 'n', show: ({ starts }) => count(starts) },
]

export function NumbersView() {
	const { paused, button } = usePause()
	const { now, moments, error } = useNumbers(paused)
	if (!now) return error ? <Failure text={error} /> : <p class="quiet">Reading…</p>
	const { database, processes } = now
	return (
		<>
			<div class="bar">
				<p class="quiet">Read every second.</p>
				{button}
			</div>
			<Failure text={error} />
			<dl class="facts">
				<div><dt>Documents</dt><dd>{count(database.documents)}</dd></div>
				<div><dt>Tombstones</dt><dd>{count(database.tombstones)}</dd></div>
				{database.own.filter(({ name }) => /_bytes$/.test(name)).map(({ name, title, value }) => <div key={name}><dt>{title[0]!.toUpperCase() + title.slice(1)}</dt><dd>{bytes(value)}</dd></div>)}
				<div><dt>Running for</dt><dd>{span(now.uptime)}</dd></div>
			</dl>
			<div class="charts">
				<Chart title="Requests a second" lines={[ink]} data={columns(moments, (m) => m.rates['requests']!)} />
				<Chart title="Documents written a second" lines={[ink]} data={columns(moments, (m) => m.rates['written']!)} />
				<Chart title="Events sent a second" lines={[ink]} data={columns(moments, (m) => m.rates['events']!)} />
				<Chart title="Open now" lines={pair('streams', 'connections')} data={columns(moments, (m) => m.streams, (m) => m.connections)} />
				<Chart title="99 % answered within" unit=" ms" lines={pair('pulls', 'pushes')} data={columns(moments, (m) => m.pull, (m) => m.push)} />
				<Chart title="Commits a second" lines={[ink]} data={columns(moments, (m) => m.rates['commits']!)} />
			</div>
			<Table caption="Processes" columns={PROCESS_COLUMNS} rows={processes} id={({ name }) => name} />
		</>
	)
}
