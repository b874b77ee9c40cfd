// Our side of the rows in a browser. All sides export the same functions; times are in seconds.
import { SyncedAtom, assoc } from '/pocketbook.js'
import { seconds, todo, untilTold } from './common.mjs'

let atom

/** Brings the documents onto the device, from the page's own origin. */
export async function fill(count) {
	await start(count, 0)
	await atom.sync()
	if (atom.deref().size !== count) throw new Error(`${atom.deref().size} documents, not ${count}`)
	await atom.destroy()
}

/** Opens what is on the device: until all documents are there to be shown. */
export async function start(count, expected = count) {
	const begin = performance.now()
	atom = new SyncedAtom({ group: 'todos' })
	await atom.ready
	const taken = seconds(begin)
	if (atom.deref().size < expected) throw new Error(`${atom.deref().size} documents, not ${expected}`)
	return taken
}

/** Changes one document: until that is in IndexedDB and who watches has it. */
export async function swap(i, count) {
	const id = `todos:${i % count}`
	const value = todo(i, `changed ${i}`)
	return untilTold((told) => {
		atom.addWatch('bench', (key, atom, before, after) => after.get(id)?.title === value.title && told())
		return () => atom.swap(assoc, id, value).local
	})
}

/** Online again: until what was changed is at the server. */
export const settle = () => atom.sync()

/** The atom's watch has all documents in any case. */
export const swapInList = swap

/** The group `todos` of the page's origin onto a device that has none: until all of it is in IndexedDB. */
export async function firstSync(url, count, round) {
	const begin = performance.now()
	const atom = new SyncedAtom({ group: 'todos', user: `round ${round}` })
	await atom.sync()
	const db = await newest(round)
	// A look into the store waits for all that is being written to it.
	await asked(db.transaction('log').objectStore('log').get(0))
	const taken = seconds(begin)
	const log = await asked(db.transaction('log').objectStore('log').getAll())
	const kept = new Set(log.flatMap(({ docs }) => docs.map(({ id }) => id))).size
	db.close()
	if (kept !== count || atom.deref().size !== count) throw new Error(`${kept} documents are kept, not ${count}`)
	await atom.destroy()
	return taken
}

/** The database of that round's user. */
async function newest(round) {
	const { name } = (await indexedDB.databases()).find(({ name }) => name.includes(` round ${round} `))
	return asked(indexedDB.open(name))
}

const asked = (request) => new Promise((done, fail) => {
	request.onsuccess = () => done(request.result)
	request.onerror = () => fail(request.error)
})

/** Drops everything that any round left on the device. */
export async function clear() {
	for (const { name } of await indexedDB.databases()) await asked(indexedDB.deleteDatabase(name))
}
