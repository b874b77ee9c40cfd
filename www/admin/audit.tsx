// The audit file: who has changed what, the newest first.
import { useState } from 'preact/hooks'
import { call } from './api.js'
import { count, Failure, useLoaded } from './ui.js'

/** A line of logfmt as its parts. */
function parse(line: string) {
	const parts = [...line.matchAll(/(\w+)=("(?:[^"\\]|\\.)*"|\S*)/g)].map(([, key, value]) => [key!, value!.startsWith('"') ? value!.slice(1, -1).replace(/\\(.)/g, '$1') : value!] as const)
	const all = new Map(parts)
	const rest = parts.filter(([key]) => !['time', 'act', 'pid', 'uid', 'login', 'command', 'admin', 'admin_token'].includes(key))
	const who = all.get('admin') ?? (all.has('login') ? `user ${all.get('login')}` : all.has('uid') ? `user ${all.get('uid')}` : 'the server')
	return { line, time: (all.get('time') ?? '').replace('T', ' ').replace(/\.\d+Z$/, ''), act: (all.get('act') ?? '').replaceAll('_', ' '), who, by: all.get('command') ?? '', rest }
}

export function AuditView() {
	const { value, error, reload } = useLoaded(() => call<{ file: boolean; lines: string[] }>('audit'))
	const [filter, setFilter] = useState('')
	const shown = value?.lines.filter((line) => line.includes(filter)).reverse().map(parse)
	return (
		<>
			<div class="bar">
				<label>Find <input type="search" value={filter} onInput={(event) => setFilter(event.currentTarget.value)} /></label>
				<button type="button" onClick={reload}>Read again</button>
			</div>
			<Failure text={error} />
			{value && !value.file && <p>A database in PostgreSQL has no audit file: its acts are in the log of the server, as event=audit.</p>}
			{shown && value?.file && (
				<div class="wide">
					<table>
						<caption>{count(shown.length)} acts, the newest first (UTC)</caption>
						<thead><tr><th>When</th><th>Act</th><th>Who</th><th>By</th><th>What</th></tr></thead>
						<tbody>
							{shown.map(({ line, time, act, who, by, rest }, i) => (
								<tr key={i + line}>
									<td class="nowrap mono">{time}</td><th scope="row">{act}</th><td>{who}</td><td>{by}</td>
									<td>{rest.map(([key, text]) => <span key={key} class="pair"><small>{key}</small> {text}</span>)}</td>
								</tr>
							))}
						</tbody>
					</table>
				</div>
			)}
		</>
	)
}
