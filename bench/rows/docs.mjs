// The cost of documents in events.
import { deliverySide, FIGURES, openStreams, SERVERS } from '../lib/streams.mjs'

const STREAMS = 10_000
const CHANGES = 10
/** 300 bytes of JSON. */
const VALUE = JSON.stringify({ title: 'x'.repeat(300 - '{"title":"","completed":false}'.length), completed: false })

export default {
	name: 'docs',
	title: 'One change to 10,000 open streams with docs=1, a document of 300 bytes, 2 workers',
	group: 'streams',
	rounds: 9,
	figures: FIGURES,
	goals: [{ figure: 'rate', of: 'docs', against: 'plain', atLeast: 0.8 }],
	async open(bench) {
		const sides = {}
		for (const [name, query] of [['plain', ''], ['docs', '&docs=1']]) {
			const server = await SERVERS.pocketbook(bench, { value: VALUE, query })
			sides[name] = deliverySide(server, await openStreams(bench, server, STREAMS), CHANGES)
		}
		return { sides, notes: ['both sides are ours; the document is pushed at both'] }
	},
}
