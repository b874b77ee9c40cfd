// The cost of a delivery among many streams.
import { deliverySide, FIGURES, openStreams, SERVERS } from '../lib/streams.mjs'

const WORKERS = 4
/** Streams, processes of the load (at most 20,000 descriptors each), and changes per
 * round. */
const SIZES = { 600: [600, 1, 100], '60,000': [60_000, 4, 2] }

export default {
	name: 'many',
	title: 'A delivery at 60,000 streams and at 600, 4 workers',
	group: 'streams',
	figures: FIGURES,
	goals: [
		{ figure: 'each', of: 'pocketbook 60,000', against: 'pocketbook 600', atMost: 1.3 },
		{ figure: 'each', of: 'loop 60,000', against: 'loop 600' },
		{ figure: 'cost', of: 'pocketbook 60,000', against: 'pocketbook 600' },
		{ figure: 'cost', of: 'loop 60,000', against: 'loop 600' },
	],
	async open(bench) {
		const sides = {}
		for (const [size, [count, processes, changes]] of Object.entries(SIZES))
			for (const name of ['pocketbook', 'loop']) {
				const server = await SERVERS[name](bench, { workers: WORKERS })
				sides[`${name} ${size}`] = deliverySide(server, await openStreams(bench, server, count, { processes }), changes)
			}
		return { sides, notes: ["the bare loop shows what of it is the kernel's: more sockets than its caches hold"] }
	},
}
