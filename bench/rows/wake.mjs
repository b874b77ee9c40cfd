// From a push to the streams of another worker.
import { deliverySide, FIGURES, openStreams, SERVERS } from '../lib/streams.mjs'

const STREAMS = 1000
const CHANGES = 50

export default {
	name: 'wake',
	title: 'From a push to its event at 1,000 streams, at both of 2 workers',
	group: 'streams',
	rounds: 9,
	figures: FIGURES,
	goals: [
		{ figure: 'p99', of: 'pocketbook', against: 'loop', atMost: 1.5 },
		{ figure: 'p50', of: 'pocketbook', against: 'loop' },
	],
	async open(bench) {
		const sides = {}
		for (const name of ['pocketbook', 'loop']) {
			const server = await SERVERS[name](bench)
			sides[name] = deliverySide(server, await openStreams(bench, server, STREAMS), CHANGES)
		}
		const note = "the time begins before the post is sent: ours holds reading it, the way to the writer, a commit with synchronous=FULL and the way to both workers"
		return { sides, notes: [note] }
	},
}
