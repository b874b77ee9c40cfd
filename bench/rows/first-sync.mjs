// All documents into an empty client in node: Pocketbook's by pages of /sync, PouchDB's
// by its replication.
import { filled, value } from '../lib/documents.mjs'
import { pouchdbServer } from '../lib/pouchdb.mjs'
import { processorTime } from '../lib/process.mjs'

const DOCUMENTS = 18_000
const PAGE = 1000

/** The client's store after a first sync with Pocketbook. */
async function pullAll(url) {
	const held = new Map()
	let cursor = 0, more = true
	while (more) {
		const page = await (await fetch(`${url}/sync?group=todos&since=${cursor}&limit=10000`)).json()
		for (const doc of page.docs) held.set(doc.id, doc)
		;({ cursor, more } = page)
	}
	return held.size
}

/** From packages that only this row needs. */
async function pouchClient() {
	const names = ['core', 'adapter-memory', 'adapter-http', 'replication']
	const [PouchDB, ...plugins] = (await Promise.all(names.map((name) => import(`pouchdb-${name}`)))).map((module) => module.default)
	for (const plugin of plugins) PouchDB.plugin(plugin)
	return PouchDB
}

async function replicate(PouchDB, url, round) {
	const local = new PouchDB(`bench-${round}`, { adapter: 'memory' })
	await local.replicate.from(new PouchDB(url), { batch_size: PAGE, batches_limit: 10 })
	const { doc_count } = await local.info()
	await local.destroy()
	return doc_count
}

function side(program, sync) {
	return async (round) => {
		const used = processorTime(program.family())
		const begin = performance.now()
		const count = await sync(round)
		const time = (performance.now() - begin) / 1000
		if (count !== DOCUMENTS) throw new Error(`${count} of ${DOCUMENTS} documents came`)
		return { time, rate: DOCUMENTS / time, cost: processorTime(program.family()) - used }
	}
}

export default {
	name: 'first-sync',
	title: 'First sync of 18,000 documents into a client in node',
	group: 'sync',
	figures: {
		rate: { label: 'documents', unit: '/s' },
		time: { label: 'time', unit: 's' },
		cost: { label: "server's processor time", unit: 's' },
	},
	goals: [
		{ figure: 'rate', of: 'pocketbook', against: 'pouchdb', atLeast: 20 },
		{ figure: 'cost', of: 'pocketbook', against: 'pouchdb' },
	],
	async open(bench) {
		const ours = await filled(bench, DOCUMENTS)
		const peer = await pouchdbServer(bench, 'todos', Array.from({ length: DOCUMENTS }, (_, n) => ({ _id: `todos:${n}`, ...value(n) })))
		const PouchDB = await pouchClient()
		return {
			sides: {
				pocketbook: side(ours.program, () => pullAll(ours.url)),
				pouchdb: side(peer.program, (round) => replicate(PouchDB, peer.url, round)),
			},
			notes: [
				"our client is fetch and a Map, PouchDB's its own replication into its memory adapter, by batches of 1000, without a disk on either side",
				'the client is a part of the time; the processor time is the server\'s alone',
			],
		}
	},
}
