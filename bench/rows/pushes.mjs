// Durable pushes of one document each, and peers that store one document at a time.
import { BODIES, changes, pushSide } from '../lib/load.mjs'
import { rxdb, sqliteLoop } from '../lib/peers.mjs'
import { pocketbook } from '../lib/pocketbook.mjs'
import { pouchdbServer } from '../lib/pouchdb.mjs'
import { processorTime } from '../lib/process.mjs'

const SECONDS = 2

/** SQLite inserts in a loop, with options of bench/sqlite.c: {rate, cost} of each. */
export function sqliteSide(bench, batch, ...options) {
	const { program, insert } = sqliteLoop(bench, batch, ...options)
	return async () => {
		const begin = processorTime(program.family())
		const { documents, seconds } = await insert(SECONDS)
		return { rate: documents / seconds, cost: (processorTime(program.family()) - begin) / documents, p99: 0 }
	}
}

/** Pocketbook's side, which checks that each answered push has been written. */
export async function ourSide(bench, batch) {
	const server = await pocketbook(bench)
	let answered = 0
	const check = async (documents) => {
		answered += documents
		const written = await changes(server.url)
		if (written < answered) throw new Error(`${answered} documents were acknowledged, ${written} written`)
	}
	return pushSide(bench, server, BODIES.pocketbook, { batch, check })
}

export const FIGURES = {
	rate: { label: 'documents', unit: '/s' },
	cost: { label: "server's processor time for one", unit: 's' },
	p99: { label: 'p99', unit: 's' },
}

export default {
	name: 'pushes',
	title: 'Durable pushes of one document, 64 connections, 2 workers',
	group: 'pushes',
	rounds: 9,
	figures: FIGURES,
	goals: [
		{ figure: 'rate', of: 'pocketbook', against: 'sqlite', atLeast: 6 },
		{ figure: 'rate', of: 'pocketbook', against: 'rxdb-server', atLeast: 5 },
		{ figure: 'rate', of: 'pocketbook', against: 'pouchdb-server', atLeast: 30 },
		{ figure: 'cost', of: 'pocketbook', against: 'sqlite' },
	],
	async open(bench) {
		return {
			sides: {
				pocketbook: await ourSide(bench, 1),
				sqlite: sqliteSide(bench, 1),
				'rxdb-server': pushSide(bench, await rxdb(bench), BODIES.rxdb),
				'pouchdb-server': pushSide(bench, await pouchdbServer(bench, 'todos'), BODIES.pouchdb),
			},
			notes: [
				'ours and SQLite commit to the same disk with synchronous=FULL; SQLite has no server and no client, one process inserts row by row',
				'rxdb-server and pouchdb-server keep all in memory, the fastest they can do, and lose it when they end',
				'wrk loads all three servers on the same two processors',
			],
		}
	},
}
