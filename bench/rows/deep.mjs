// What pushes into the most nested groups cost a worker with many streams of others.
import { loaded } from '../lib/load.mjs'
import { processorTime } from '../lib/process.mjs'
import { openStreams, SERVERS } from '../lib/streams.mjs'

const STREAMS = 3000
const GROUPS = 500
const DOCUMENTS = 17 /* in a push; with 250 groups each, which ids once could have, they filled the ring */
const DEEPEST = Array.from({ length: 31 }, () => 'a').join(':')
const IDS = { flat: 'other:{n}', deepest: `other{n}:${DEEPEST}:1` }

/** The worker's process: the last one that the master has started. */
const workerOf = (program) => program.family().slice(-1)

async function side(bench, id) {
	const server = await SERVERS.pocketbook(bench, { workers: 1 })
	const url = `http://127.0.0.1:${server.port}`
	let first = 1
	await openStreams(bench, server, STREAMS, { groups: GROUPS })
	return async () => {
		const worker = workerOf(server.program)
		const before = processorTime(worker)
		const post = { head: '{"docs":[', each: `{"id":"${id}","value":1}`, tail: ']}', batch: DOCUMENTS, first: (first += 10_000_000) }
		const { rate, cost } = await loaded(bench, { program: server.program, url: `${url}/sync` }, { connections: 1, seconds: 1, post })
		return { worker: (processorTime(worker) - before) / rate, cost }
	}
}

export default {
	name: 'deep',
	title: `A push of ${DOCUMENTS} documents in 32 groups each and in one, 3,000 streams of other groups, 1 worker`,
	group: 'streams',
	figures: {
		worker: { label: "worker's processor time for a push", unit: 's' },
		cost: { label: "server's processor time for a push", unit: 's' },
	},
	goals: [
		{ figure: 'worker', of: 'deepest', against: 'flat', atMost: 2 },
		{ figure: 'cost', of: 'deepest', against: 'flat' },
	],
	async open(bench) {
		const sides = { flat: await side(bench, IDS.flat), deepest: await side(bench, IDS.deepest) }
		return {
			sides,
			notes: [
				'the groups of each document are new ones; the body of the deepest push is nearly three times as long',
				"the writer's part is the index of nested groups: 31 rows for each document",
			],
		}
	},
}
