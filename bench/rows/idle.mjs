// The memory of an idle stream.
import { memory } from '../lib/process.mjs'
import { openStreams, SERVERS } from '../lib/streams.mjs'

const STREAMS = 15_000

/** Restarts the server in each round, as it does not return freed memory. */
function side(bench, name) {
	return async () => {
		const server = await SERVERS[name](bench)
		const before = memory(server.program.family())
		const load = await openStreams(bench, server, STREAMS)
		const each = (memory(server.program.family()) - before) / STREAMS
		await load.stop('SIGKILL')
		await server.program.stop()
		return { each }
	}
}

export default {
	name: 'idle',
	title: 'Memory of one of 15,000 idle streams, 2 workers',
	group: 'memory',
	figures: { each: { label: 'memory of a stream', unit: 'B' } },
	warmUp: 0,
	goals: [
		{ figure: 'each', of: 'pocketbook', atMost: 2048 },
		{ figure: 'each', of: 'pocketbook', against: 'nchan' },
	],
	async open(bench) {
		const sides = { pocketbook: side(bench, 'pocketbook'), nchan: side(bench, 'nchan') }
		return { sides, notes: ["PSS of all processes with the streams, less that before, divided by their number; the kernel's sockets are the same for both"] }
	},
}
