// What it costs to keep who wrote a document, and when.
import { FIGURES, sqliteSide } from './pushes.mjs'

const { rate, cost } = FIGURES

export default {
	name: 'written',
	title: "SQLite's loop, one document in a transaction, with who and when and without",
	group: 'pushes',
	rounds: 15,
	figures: { rate, cost: { ...cost, label: 'processor time for one' } },
	goals: [
		{ figure: 'rate', of: 'written', against: 'plain', atLeast: 0.97 },
		{ figure: 'cost', of: 'written', against: 'plain', atMost: 1.03 },
	],
	async open(bench) {
		return {
			sides: { written: sqliteSide(bench, 1, 'written'), plain: sqliteSide(bench, 1) },
			notes: [
				'the three columns of the store (user, time, their checksum) beside a table without; a push does more than this loop does, so its part of them is smaller',
			],
		}
	},
}
