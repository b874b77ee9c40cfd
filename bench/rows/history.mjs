// Edits of documents with and without former versions (serve --history).
import { BODIES, changes, pushSide } from '../lib/load.mjs'
import { pocketbook } from '../lib/pocketbook.mjs'

const DOCUMENTS = 2000
const VERSIONS = 20
/** Of version {v}: each edit replaces a version. */
const EDIT = { ...BODIES.pocketbook, each: '{"id":"todos:{n}","base":{v},"value":{"title":"Buy milk {n}, {v}","completed":false}}' }

/** Writes the first versions of the documents from `first` on. */
async function begin(url, first) {
	const docs = Array.from({ length: DOCUMENTS }, (_, i) => ({ id: `todos:${first + i}`, value: 1 }))
	const response = await fetch(`${url}/sync`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ docs }) })
	if (!response.ok) throw new Error(`the first versions: ${response.status}`)
}

/**
 * Edits of new documents in each round, which must have been written: all but those of
 * one document, as wrk makes a request that it does not send.
 */
async function editSide(bench, options) {
	const server = await pocketbook(bench, { options })
	let first = 0
	return async () => {
		await begin(server.url, (first += DOCUMENTS))
		const before = await changes(server.url)
		const check = async (documents) => {
			const written = (await changes(server.url)) - before
			if (written < documents * 0.99) throw new Error(`${documents} edits were answered, ${written} written`)
		}
		return pushSide(bench, server, EDIT, { load: { first, count: DOCUMENTS }, check })()
	}
}

export default {
	name: 'history',
	title: `Durable edits of one, 64 connections, 2 workers: ${VERSIONS} former versions and none`,
	group: 'pushes',
	rounds: 9,
	figures: {
		rate: { label: 'documents', unit: '/s' },
		cost: { label: "server's processor time for one", unit: 's' },
		p99: { label: 'p99', unit: 's' },
	},
	goals: [
		{ figure: 'rate', of: 'history', against: 'none', atLeast: 0.8 },
		{ figure: 'cost', of: 'history', against: 'none' },
	],
	async open(bench) {
		return {
			sides: { history: await editSide(bench, ['--history', `${VERSIONS}`]), none: await editSide(bench, []) },
			notes: [`a round edits ${DOCUMENTS} documents in turns; once a document has ${VERSIONS} former versions, an edit removes the oldest one`],
		}
	},
}
