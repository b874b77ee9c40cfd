// What it costs to keep who wrote a document, and when.
import { FIGURES, ourSide, sqliteSide } from './pushes.mjs'

const BATCH = 100

export default {
	name: 'written',
	title: 'Who and when beside a push of one, 64 connections, 2 workers',
	group: 'pushes',
	rounds: 9,
	figures: { cost: { ...FIGURES.cost, label: 'processor time for one' } },
	goals: [{ figure: 'cost', of: 'who and when', against: 'push', atMost: 0.03 }],
	async open(bench) {
		const [written, plain, push] = [sqliteSide(bench, BATCH, 'written'), sqliteSide(bench, BATCH), await ourSide(bench, 1)]
		const costOf = async (side) => (await side()).cost
		return {
			sides: {
				'who and when': async () => ({ cost: (await costOf(written)) - (await costOf(plain)) }),
				push: async () => ({ cost: await costOf(push) }),
			},
			notes: [`who and when: what SQLite's loop takes longer with three columns more (user, time, their checksum), ${BATCH} documents in a transaction`],
		}
	},
}
