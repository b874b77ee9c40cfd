// PouchDB's side: its IndexedDB adapter and its feed of changes.
import PouchDB from 'pouchdb-browser'
import { seconds, todo, untilTold } from './common.mjs'

let db
const revisions = new Map()
/** The map of all documents that an app maintains itself. */
let all

export async function fill(count) {
	db = new PouchDB('pouchdb')
	await db.bulkDocs(Array.from({ length: count }, (_, i) => ({ _id: `todos:${i}`, ...todo(i) })))
	await db.close()
}

export async function start(count) {
	const begin = performance.now()
	db = new PouchDB('pouchdb')
	const { rows } = await db.allDocs({ include_docs: true })
	const taken = seconds(begin)
	if (rows.length !== count) throw new Error(`${rows.length} documents, not ${count}`)
	for (const { id, value } of rows) revisions.set(id, value.rev)
	all = new Map(rows.map(({ id, doc }) => [id, doc]))
	return taken
}

/** The watcher is the feed of changes, which delivers that document. */
export const swap = (i, count) => change(i, count, () => {})

/** The watcher is an app that creates a new map of all documents, as the displayed one
 * is immutable. */
export const swapInList = (i, count) => change(i, count, (doc) => (all = new Map(all).set(doc._id, doc)))

async function change(i, count, show) {
	const doc = { _id: `todos:${i % count}`, ...todo(i, `changed ${i}`) }
	const feed = db.changes({ since: 'now', live: true, include_docs: true })
	// The feed begins at the current state of the database.
	await db.info()
	const taken = await untilTold((told) => {
		feed.on('change', ({ doc: changed }) => {
			show(changed)
			if (changed.title === doc.title) told()
		})
		return async () => revisions.set(doc._id, (await db.put({ ...doc, _rev: revisions.get(doc._id) })).rev)
	})
	feed.cancel()
	return taken
}

/** `batch`: documents per request; PouchDB's default is 100. */
export async function firstSync(url, count, round, batch) {
	const begin = performance.now()
	const db = new PouchDB(`round ${round} ${batch}`)
	await PouchDB.replicate(url, db, { batch_size: batch })
	const { doc_count } = await db.info()
	const taken = seconds(begin)
	if (doc_count !== count) throw new Error(`${doc_count} documents are kept, not ${count}`)
	await db.destroy()
	return taken
}

/** There is no server. */
export const settle = async () => {}
