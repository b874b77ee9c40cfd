// PouchDB's side: its IndexedDB adapter and its feed of changes.
import PouchDB from 'pouchdb-browser'
import { seconds, todo, untilTold } from './common.mjs'

let db
const revisions = new Map()
/** What an app that shows all documents keeps of them itself. */
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

/** Told is the feed of changes, which brings that one document. */
export const swap = (i, count) => change(i, count, () => {})

/** Told is an app that makes a new map of all documents with that one, as nobody may change what is shown. */
export const swapInList = (i, count) => change(i, count, (doc) => (all = new Map(all).set(doc._id, doc)))

async function change(i, count, show) {
	const doc = { _id: `todos:${i % count}`, ...todo(i, `changed ${i}`) }
	const feed = db.changes({ since: 'now', live: true, include_docs: true })
	// The feed begins where the database is by then.
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

/** `batch`: documents of one request; 100 is its own default. */
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

/** It has no server to tell. */
export const settle = async () => {}
