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
		{ figure: 'p50', of: 'with pushes', against: 'without', atMost: 1.7 },
		{ figure: 'p50', of: 'pushes to another group', against: 'without', atMost: 1.1 },
	],
	async open(bench) {
		const { url, cursor } = await filled(bench, 1000)
		let first = 1_000_000
		const pulls = async () => {
			const { requests, seconds, p50, p99 } = await wrk(bench, `${url}/sync?group=todos&since=${cursor}&limit=100`)
			return { p99, p50, rate: requests / seconds }
		}
		const pushes = (group) => {
			const each = BODIES.pocketbook.each.replace('todos:', `${group}:`)
			return wrk(bench, `${url}/sync`, { seconds: 2 + 2 * LONGER, post: { ...BODIES.pocketbook, each, first: (first += 10_000_000) } })
		}
		const pullsDuring = async (group) => {
			const pushing = pushes(group)
			await new Promise((done) => setTimeout(done, LONGER * 1000))
			const figures = await pulls()
			await pushing
			return figures
		}
		return {
			sides: {
				without: pulls,
				'with pushes': () => pullsDuring('todos'),
				'pushes to another group': () => pullsDuring('other'),
			},
			notes: ['all of it on two processors: both servers\' workers, the writer and two load generators'],
		}
	},
}
