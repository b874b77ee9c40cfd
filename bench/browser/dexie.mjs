// Dexie's side: a table with the documents' ids as its primary key, and live queries.
import { Dexie, liveQuery } from 'dexie'
import { seconds, todo, untilTold } from './common.mjs'

let db

function open() {
	db = new Dexie('dexie')
	db.version(1).stores({ docs: 'id' })
}

export async function fill(count) {
	open()
	await db.docs.bulkPut(Array.from({ length: count }, (_, i) => ({ id: `todos:${i}`, value: todo(i) })))
	db.close()
}

export async function start(count) {
	const begin = performance.now()
	open()
	const all = await db.docs.toArray()
	const taken = seconds(begin)
	if (all.length !== count) throw new Error(`${all.length} documents, not ${count}`)
	return taken
}

async function change(query, i, count, isThere) {
	const doc = { id: `todos:${i % count}`, value: todo(i, `changed ${i}`) }
	let subscription
	const taken = await untilTold(
		(told) =>
			new Promise((ready) => {
				// The first answer is that of the query as it begins.
				subscription = liveQuery(() => query(doc.id)).subscribe((found) => {
					if (isThere(found, doc)) told()
					else ready(() => db.docs.put(doc))
				})
			}),
	)
	subscription.unsubscribe()
	return taken
}

/** Told is a query of that one document. */
export const swap = (i, count) => change((id) => db.docs.get(id), i, count, (found, doc) => found?.value.title === doc.value.title)

/** Told is a query of all documents. */
export const swapInList = (i, count) =>
	change(() => db.docs.toArray(), i, count, (all, { id, value }) => all.find((doc) => doc.id === id)?.value.title === value.title)

/** It has no server to tell. */
export const settle = async () => {}
