// Dexie's side: a table with the documents' ids as its primary key, and live queries.
import { Dexie, liveQuery } from 'dexie'
import { seconds, todo, untilTold, withLongestTask } from './common.mjs'

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

export const startWatched = (count) => withLongestTask(() => start(count))

async function change(query, i, count, isThere) {
	const doc = { id: `todos:${i % count}`, value: todo(i, `changed ${i}`) }
	let subscription
	const taken = await untilTold(
		(told) =>
			new Promise((ready) => {
				// The first result is the initial one.
				subscription = liveQuery(() => query(doc.id)).subscribe((found) => {
					if (isThere(found, doc)) told()
					else ready(() => db.docs.put(doc))
				})
			}),
	)
	subscription.unsubscribe()
	return taken
}

/** The watcher is a live query of that document. */
export const swap = (i, count) => change((id) => db.docs.get(id), i, count, (found, doc) => found?.value.title === doc.value.title)

/** The watcher is a live query of all documents. */
export const swapInList = (i, count) =>
	change(() => db.docs.toArray(), i, count, (all, { id, value }) => all.find((doc) => doc.id === id)?.value.title === value.title)

/** There is no server. */
export const settle = async () => {}
