// How fast a burst of new streams is opened.
import { openStreams, SERVERS } from '../lib/streams.mjs'
import { processorTime } from '../lib/process.mjs'

const STREAMS = 2000
const BURSTS = 5

/** The load generator's own start is in the time of both sides. */
function side(bench, server) {
	return async () => {
		const used = processorTime(server.program.family())
		let time = 0
		for (let i = 0; i < BURSTS; i++) {
			const begin = performance.now()
			const load = await openStreams(bench, server, STREAMS)
			time += (performance.now() - begin) / 1000
			await load.stop('SIGKILL')
		}
		const opened = STREAMS * BURSTS
		return { rate: opened / time, cost: (processorTime(server.program.family()) - used) / opened }
	}
}

export default {
	name: 'opening',
	title: 'Opening 2,000 streams at once, 2 workers',
	group: 'streams',
	figures: {
		rate: { label: 'streams', unit: '/s' },
		cost: { label: "server's processor time for one", unit: 's' },
	},
	goals: [
		{ figure: 'rate', of: 'pocketbook', against: 'nchan', atLeast: 1.5 },
		{ figure: 'cost', of: 'pocketbook', against: 'nchan' },
	],
	async open(bench) {
		const sides = {}
		for (const name of ['pocketbook', 'nchan']) sides[name] = side(bench, await SERVERS[name](bench))
		return { sides, notes: [`a round is ${BURSTS} bursts, and closing them; a stream counts as open when its greeting has come`] }
	},
}
