// Open event streams by user; ends one.
import { useEffect, useState } from 'preact/hooks'
import { call, type Stream, type Streams } from './api.js'
import { bytes, Confirm, count, Failure, useLoaded, when } from './ui.js'

const INTERVAL = 3000

function Row({ stream, first, many, end }: { stream: Stream; first: boolean; many: number; end: () => void }) {
	return (
		<tr>
			{first && <th scope="rowgroup" rowSpan={many}>{stream.user || 'anybody'}{many > 1 && <small class="note">{count(many)} streams</small>}</th>}
			<td class="mono">{stream.token}</td>
			<td class="n">{count(stream.groups)}</td>
			<td class="nowrap">{when(stream.since)}</td>
			<td class="n">{stream.bytes === undefined ? '' : bytes(stream.bytes)}</td>
			<td class="nowrap">{stream.worker}</td>
			<td class="acts"><button type="button" onClick={end} aria-label={`End the stream ${stream.id} of ${stream.user || 'anybody'}`}>End</button></td>
		</tr>
	)
}

/** What the rows leave out. */
function rest({ streams, count: all, silent }: Streams) {
	const hidden = all - streams.length
	const parts = [hidden > 0 && `${count(hidden)} more are not listed`, silent > 0 && `${count(silent)} ${silent === 1 ? 'worker has' : 'workers have'} not answered`]
	return parts.filter(Boolean).join('; ')
}

function byUser(streams: Stream[]) {
	const users = new Map<string, Stream[]>()
	for (const stream of [...streams].sort((a, b) => a.user.localeCompare(b.user) || a.since.localeCompare(b.since))) users.set(stream.user, [...(users.get(stream.user) ?? []), stream])
	return [...users.values()]
}

export function StreamsView() {
	const { value, error, reload } = useLoaded(() => call<Streams>('streams'))
	const [ending, setEnding] = useState<Stream>()
	useEffect(() => {
		const timer = setTimeout(reload, INTERVAL)
		return () => clearTimeout(timer)
	}, [value, error])
	return (
		<>
			<Failure text={error} />
			{value && (
				<div class="wide">
					<table>
						<caption>{count(value.count)} {value.count === 1 ? 'stream' : 'streams'}{rest(value) && `; ${rest(value)}`}</caption>
						<thead><tr><th>User</th><th>Token</th><th class="n">Groups</th><th>Since</th><th class="n">Taken</th><th>Worker</th><th><span class="unseen">Actions</span></th></tr></thead>
						{byUser(value.streams).map((own) => <tbody key={own[0]?.user}>{own.map((stream, i) => <Row key={stream.id} stream={stream} first={i === 0} many={own.length} end={() => setEnding(stream)} />)}</tbody>)}
					</table>
				</div>
			)}
			{ending && (
				<Confirm title={`End a stream of ${ending.user || 'anybody'}`} text="Its client is told, and connects again unless its token was revoked." button="End it" act={() => call('streams/end', { id: ending.id }).then(reload)} close={() => setEnding(undefined)} />
			)}
		</>
	)
}
