// Many groups with a few streams each, as in an app for teams.
import { deliverySide, FIGURES, openStreams, SERVERS } from '../lib/streams.mjs'

const GROUPS = 100
const STREAMS = 10_000
const CHANGES = 10

export default {
	name: 'groups',
	title: 'A change in each of 100 groups, 100 streams each, 2 workers',
	group: 'streams',
	rounds: 15,
	figures: FIGURES,
	goals: [
		{ figure: 'rate', of: 'pocketbook', against: 'nchan' },
		{ figure: 'rate', of: 'pocketbook', against: 'loop' },
		{ figure: 'rate', of: 'loop', against: 'nchan' },
		{ figure: 'cost', of: 'pocketbook', against: 'nchan' },
	],
	async open(bench) {
		const sides = {}
		for (const name of ['pocketbook', 'nchan', 'loop']) {
			const server = await SERVERS[name](bench)
			sides[name] = deliverySide(server, await openStreams(bench, server, STREAMS, { groups: GROUPS, connections: 10 }), CHANGES)
		}
		return { sides, notes: [`a round is ${CHANGES} times 100 posts over 10 connections, a commit or more for each of them at Pocketbook`] }
	},
}
