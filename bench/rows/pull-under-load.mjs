// The latency of pulls while as many connections push at full speed.
import { BODIES, wrk } from '../lib/load.mjs'
import { filled } from '../lib/documents.mjs'

const LONGER = 1 /* s: the pushes begin before the pulls and end after them */

export default {
	name: 'pull-under-load',
	title: 'Pulls of 64 connections while 64 others push at full speed',
	group: 'pulls',
	figures: { p99: { label: 'p99', unit: 's' }, p50: { label: 'p50', unit: 's' }, rate: { label: 'pulls', unit: '/s' } },
	goals: [
		{ figure: 'p99', of: 'with pushes', against: 'without', atMost: 3 },
		{ figure: 'p50', of: 'with pushes', against: 'without' },
	],
	async open(bench) {
		const { url, cursor } = await filled(bench, 1000)
		let first = 1_000_000
		const pulls = async () => {
			const { requests, seconds, p50, p99 } = await wrk(bench, `${url}/sync?group=todos&since=${cursor}&limit=100`)
			return { p99, p50, rate: requests / seconds }
		}
		const pushes = () => wrk(bench, `${url}/sync`, { seconds: 2 + 2 * LONGER, post: { ...BODIES.pocketbook, first: (first += 10_000_000) } })
		return {
			sides: {
				without: pulls,
				'with pushes': async () => {
					const pushing = pushes()
					await new Promise((done) => setTimeout(done, LONGER * 1000))
					const figures = await pulls()
					await pushing
					return figures
				},
			},
			notes: ['all of it on two processors: both servers\' workers, the writer and two load generators'],
		}
	},
}
