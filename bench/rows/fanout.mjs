// The main row: all streams follow the same group.
import { deliverySide, FIGURES, openStreams, SERVERS } from '../lib/streams.mjs'

const STREAMS = 10_000
const CHANGES = 10

export default {
	name: 'fanout',
	title: 'One change to 10,000 open streams of one group, 2 workers',
	group: 'streams',
	rounds: 15,
	figures: FIGURES,
	goals: [
		{ figure: 'cost', of: 'pocketbook', against: 'loop', atMost: 1.05 },
		{ figure: 'rate', of: 'pocketbook', against: 'loop', atLeast: 0.9 },
		{ figure: 'rate', of: 'pocketbook', against: 'nchan' },
		{ figure: 'p99', of: 'pocketbook', against: 'nchan' },
		{ figure: 'rate', of: 'loop', against: 'nchan' },
		{ figure: 'cost', of: 'pocketbook', against: 'nchan' },
	],
	async open(bench) {
		const sides = {}
		for (const name of ['pocketbook', 'nchan', 'loop']) {
			const server = await SERVERS[name](bench)
			sides[name] = deliverySide(server, await openStreams(bench, server, STREAMS), CHANGES)
		}
		return { sides, notes: [`a round is ${CHANGES} changes; the subscriber is one process on the same two processors, the same for all sides`] }
	},
}
