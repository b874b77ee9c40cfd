// Pocketbook's side in a browser. All sides export the same functions; times are in
// seconds.
import { SyncedAtom, assoc } from '/pocketbook.js'
import { seconds, todo, untilTold, withLongestTask } from './common.mjs'

let atom

/** Loads the documents onto the device, from the origin of the page. */
export async function fill(count) {
	await start(count, 0)
	await atom.sync()
	if (atom.deref().size !== count) throw new Error(`${atom.deref().size} documents, not ${count}`)
	await atom.destroy()
}

/** Opens the local data: until all documents can be shown. */
export async function start(count, expected = count) {
	const begin = performance.now()
	atom = new SyncedAtom({ group: 'todos' })
	await atom.ready
	const taken = seconds(begin)
	if (atom.deref().size < expected) throw new Error(`${atom.deref().size} documents, not ${expected}`)
	return taken
}

export const startWatched = (count) => withLongestTask(() => start(count))

/** The same, until every value was looked at, all in one task. */
export const startReadWatched = (count) =>
	withLongestTask(async () => {
		const begin = performance.now()
		await start(count)
		let titles = 0
		for (const { title } of atom.deref().values()) titles += title.length
		if (!titles) throw new Error('no titles')
		return seconds(begin)
	})

/** Changes one document: until it is in IndexedDB and the watcher has it. */
export async function swap(i, count) {
	const id = `todos:${i % count}`
	const value = todo(i, `changed ${i}`)
	return untilTold((told) => {
		atom.addWatch('bench', (key, atom, before, after) => after.get(id)?.title === value.title && told())
		return () => atom.swap(assoc, id, value).local
	})
}

/** Goes online: until all changes are on the server. */
export const settle = () => atom.sync()

/** The atom's watch always has all documents. */
export const swapInList = swap

/** Loads the group `todos` onto an empty device: until all of it is in IndexedDB. */
export const firstSync = async (url, count, round) => (await firstSyncWatched(url, count, round)).time

export async function firstSyncWatched(url, count, round) {
	let db
	const found = await withLongestTask(async () => {
		const begin = performance.now()
		atom = new SyncedAtom({ group: 'todos', user: `round ${round}` })
		await atom.sync()
		db = await newest(round)
		// The time of the last complete pull is stored after all documents.
		while (!(await asked(db.transaction('cursors').objectStore('cursors').get('todos\n')))) await new Promise((done) => setTimeout(done))
		return seconds(begin)
	})
	const log = await asked(db.transaction('log').objectStore('log').getAll())
	const kept = new Set(log.flatMap(({ docs, id }) => docs?.map((doc) => doc.id) ?? id.split('\n'))).size
	db.close()
	if (kept !== count || atom.deref().size !== count) throw new Error(`${kept} documents are kept, not ${count}`)
	await atom.destroy()
	return found
}

/** The database of the user of a round. */
async function newest(round) {
	const { name } = (await indexedDB.databases()).find(({ name }) => name.includes(` round ${round} `))
	return asked(indexedDB.open(name))
}

const asked = (request) => new Promise((done, fail) => {
	request.onsuccess = () => done(request.result)
	request.onerror = () => fail(request.error)
})

/** Deletes the data of all rounds. */
export async function clear() {
	for (const { name } of await indexedDB.databases())
		if (name.includes(' round ')) await asked(indexedDB.deleteDatabase(name))
}
