// What each user has stored, and the limits that apply.
import { useState } from 'preact/hooks'
import { call, type Use, type UserUse } from './api.js'
import { Table, type Column } from './table.js'
import { bytes, count, Failure, useLoaded } from './ui.js'

type Kind = keyof UserUse['stored']

function Stored({ use: { used, limit }, shown }: { use: Use; shown: (n: number) => string }) {
	if (used === undefined) return <span title="not counted">–</span>
	if (limit === undefined) return <>{shown(used)}</>
	return (
		<>
			{shown(used)} of {shown(limit)}
			<meter aria-hidden="true" min={0} max={limit} high={limit * 0.9} value={used} />
		</>
	)
}

const COLUMNS: Column<UserUse>[] = [
	{ title: 'User', kind: 'head', show: ({ user }) => user },
	{ title: 'Tokens', kind: 'n', show: ({ tokens }) => count(tokens) },
	{ title: 'Bytes', kind: 'n', show: ({ stored }) => <Stored use={stored.bytes} shown={bytes} /> },
	{ title: 'Documents', kind: 'n', show: ({ stored }) => <Stored use={stored.documents} shown={count} /> },
	{ title: 'Groups', kind: 'n', show: ({ stored }) => <Stored use={stored.groups} shown={count} /> },
]

export function UsersView() {
	const { value, error, reload } = useLoaded(() => call<{ users: UserUse[] }>('users'))
	const [filter, setFilter] = useState('')
	const [by, setBy] = useState<'user' | Kind>('user')
	const shown = value?.users.filter(({ user }) => user.includes(filter))
	const sorted = shown && (by === 'user' ? shown : [...shown].sort((a, b) => (b.stored[by].used ?? 0) - (a.stored[by].used ?? 0)))
	return (
		<>
			<div class="bar">
				<label>Find <input type="search" value={filter} onInput={(event) => setFilter(event.currentTarget.value)} placeholder="user" /></label>
				<label>Sort by{' '}
					<select value={by} onChange={(event) => setBy(event.currentTarget.value as typeof by)}>
						<option value="user">name</option><option value="bytes">bytes</option><option value="documents">documents</option><option value="groups">groups</option>
					</select>
				</label>
				<button type="button" onClick={reload}>Read again</button>
			</div>
			<Failure text={error} />
			{value?.users.length !== 0 && value?.users.every(({ stored }) => !stored.bytes.used && stored.bytes.limit === undefined) && (
				<p class="quiet">Nothing is counted: that begins with a quota of the server (<code>--quota</code>) or of a token.</p>
			)}
			{sorted && <Table found caption={`${count(sorted.length)} ${sorted.length === 1 ? 'user' : 'users'} with a token, and what they have stored`} columns={COLUMNS} rows={sorted} id={({ user }) => user} />}
		</>
	)
}
