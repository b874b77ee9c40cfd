// Durable pushes of one document to a host on PostgreSQL, and to one on a file.
import { BODIES, pushSide } from '../lib/load.mjs'
import { pocketbook } from '../lib/pocketbook.mjs'
import { hosts, postgres } from '../lib/postgres.mjs'

export const FIGURES = {
	rate: { label: 'documents', unit: '/s' },
	p99: { label: 'p99', unit: 's' },
}

const picked = (side) => async () => {
	const { rate, p99 } = await side()
	return { rate, p99 }
}

/** Pushes of so many documents to a file and to PostgreSQL. */
export async function sidesOf(bench, batch) {
	const server = await postgres(bench)
	const [host] = await hosts(bench, server.database('pushes'))
	return {
		postgresql: picked(pushSide(bench, host, BODIES.pocketbook, { batch })),
		sqlite: picked(pushSide(bench, await pocketbook(bench), BODIES.pocketbook, { batch })),
	}
}

export const NOTE = 'both on the same disk, both durable (fsync, synchronous_commit); PostgreSQL has its defaults and runs on the same two processors'

export default {
	name: 'hosts-pushes',
	title: 'Durable pushes of one document to PostgreSQL and to SQLite, 64 connections, one host, 2 workers',
	group: 'hosts',
	rounds: 9,
	figures: FIGURES,
	goals: [{ figure: 'rate', of: 'postgresql', against: 'sqlite', atLeast: 0.6 }],
	async open(bench) {
		return { sides: await sidesOf(bench, 1), notes: [NOTE] }
	},
}
