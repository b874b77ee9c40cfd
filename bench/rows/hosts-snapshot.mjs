// Pushes to a host on PostgreSQL while somebody holds an old snapshot, and without.
import { BODIES, pushSide } from '../lib/load.mjs'
import { hosts, postgres, quiet } from '../lib/postgres.mjs'
import { until } from '../lib/process.mjs'

const DOCUMENTS = 2000
const BODY = { ...BODIES.pocketbook, each: '{"id":"todos:{n}","base":{v},"value":{"title":"Buy milk {v}","completed":false}}' }

/** New documents, which the load then changes again and again. */
async function fill(url, first) {
	const docs = Array.from({ length: DOCUMENTS }, (_, i) => ({ id: `todos:${first + i}`, value: 0 }))
	for (let at = 0; at < docs.length; at += 500) {
		const answer = await fetch(`${url}/sync`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ docs: docs.slice(at, at + 500) }) })
		if (!answer.ok) throw new Error(await answer.text())
	}
}

export default {
	name: 'hosts-snapshot',
	title: 'Changes of 2,000 documents in PostgreSQL with an old snapshot held open and without, 64 connections',
	group: 'hosts',
	rounds: 9,
	figures: { rate: { label: 'documents', unit: '/s' }, p99: { label: 'p99', unit: 's' } },
	goals: [{ figure: 'rate', of: 'held', against: 'free', atLeast: 0.85 }],
	async open(bench) {
		const server = await postgres(bench)
		const [host] = await hosts(bench, server.database('held'))
		let first = 1
		const changes = async () => {
			await fill(host.url, first)
			await quiet(server)
			const side = pushSide(bench, host, BODY, { load: { first, count: DOCUMENTS } })
			first += DOCUMENTS
			const { rate, p99 } = await side()
			return { rate, p99 }
		}
		const held = async () => {
			const holder = server.start('BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM pocketbook.doc; SELECT pg_sleep(600)', 'held')
			await until('the snapshot', () => Number(server.sql(`SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(600)%' AND backend_xmin IS NOT NULL`)) > 1)
			const figures = await changes()
			server.sql(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(600)%' AND pid <> pg_backend_pid()`)
			await holder.result().catch(() => undefined)
			return figures
		}
		return { sides: { held, free: changes }, notes: ['the snapshot is taken before the documents of its round are made'] }
	},
}
