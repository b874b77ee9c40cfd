// Durable pushes of 100 documents to a host on PostgreSQL, and to one on a file.
import { FIGURES, NOTE, sidesOf } from './hosts-pushes.mjs'

export default {
	name: 'hosts-batches',
	title: 'Durable pushes of 100 documents to PostgreSQL and to SQLite, 64 connections, one host, 2 workers',
	group: 'hosts',
	figures: FIGURES,
	goals: [{ figure: 'rate', of: 'postgresql', against: 'sqlite', atLeast: 0.4 }],
	async open(bench) {
		return { sides: await sidesOf(bench, 100), notes: [NOTE] }
	},
}
