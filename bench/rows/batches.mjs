// Durable pushes of 100 documents, and SQLite transactions of the same size.
import { FIGURES, ourSide, sqliteSide } from './pushes.mjs'

export default {
	name: 'batches',
	title: 'Durable pushes of 100 documents, 64 connections, 2 workers',
	group: 'pushes',
	figures: FIGURES,
	goals: [
		{ figure: 'rate', of: 'pocketbook', against: 'sqlite', atLeast: 1.15 },
		{ figure: 'cost', of: 'pocketbook', against: 'sqlite', atMost: 1.25 },
	],
	async open(bench) {
		return {
			sides: { pocketbook: await ourSide(bench, 100), sqlite: sqliteSide(bench, 100) },
			notes: ["SQLite inserts into the plainest table, in one process; ours go over HTTP and keep each document's place in its group's history"],
		}
	},
}
