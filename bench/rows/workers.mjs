// What a push costs with more workers than it needs: a commit wakes only those that
// follow its groups.
import { BODIES, loaded } from '../lib/load.mjs'
import { pocketbook } from '../lib/pocketbook.mjs'

async function side(bench, workers) {
	const server = await pocketbook(bench, { workers })
	let first = 1
	const push = (connections) =>
		loaded(bench, { ...server, url: `${server.url}/sync` }, { connections, seconds: 1, post: { ...BODIES.pocketbook, first: (first += 10_000_000) } })
	return async () => {
		const alone = await push(1)
		const { cost, rate } = await push(64)
		return { alone: alone.cost, cost, rate }
	}
}

export default {
	name: 'workers',
	title: 'Pushes of one document with 8 workers and with 1',
	group: 'pushes',
	rounds: 9,
	figures: {
		alone: { label: 'processor time of a push, 1 connection', unit: 's' },
		cost: { label: 'processor time of a push, 64 connections', unit: 's' },
		rate: { label: 'pushes, 64 connections', unit: '/s' },
	},
	goals: [
		{ figure: 'alone', of: '8', against: '1', atMost: 1.1 },
		{ figure: 'cost', of: '8', against: '1', atMost: 1.1 },
	],
	async open(bench) {
		return {
			sides: { 1: await side(bench, 1), 8: await side(bench, 8) },
			notes: [
				'nobody follows the group; the processor time is that of all processes',
				'the 64 connections are spread over the workers, so that each turn of a loop and each reply of the writer serves fewer of them',
			],
		}
	},
}
