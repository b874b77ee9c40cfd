// The storages: IndexedDB, and memory only.
import type { DocRow, Loaded, Rows, Storage } from './types.js'

/**
 * An entry of the log of documents. A transaction appends its documents, many to an
 * entry; of each document the last row counts. With a row for each document, opening
 * and a first sync would cost a call to another process for each document.
 */
interface Entry {
	/** The part of the ids before the first colon; the log is indexed by it. */
	top: string
	docs: DocRow[]
}

/** Documents in an entry at most. */
const MAX_DOCS = 200
/** The cost of reading an entry, in characters of values. */
const ENTRY = 4000
/** The log is written anew if it exceeds three times its documents by this. */
const MAX_EXCESS = 8e6

/** The stores, and the key paths of their rows. */
const KEYS: Record<string, string | null> = { log: null, writes: 'op', conflicts: 'key', cursors: null }
const NAMES = Object.keys(KEYS)
type Stores = [log: IDBObjectStore, writes: IDBObjectStore, conflicts: IDBObjectStore, cursors: IDBObjectStore]

const topOf = (id: string) => id.split(':', 1)[0]!

/** Settles with the result of a request, or at the end of a transaction. */
const done = (it: any): Promise<any> =>
	new Promise((resolve, reject) => {
		it.onsuccess = it.oncomplete = () => resolve(it.result)
		// The errors of its requests bubble to a transaction, before it has an
		// error of its own, which may be another one.
		it.onerror = it.onabort = () => it.error && reject(it.error)
	})

const costOf = ({ docs }: { docs: DocRow[] }) => docs.reduce((sum, { value = '' }) => sum + value.length, ENTRY)

/** The documents of a log: the last row of each. */
function latest(log: Entry[]): DocRow[] {
	const all = new Map<string, DocRow>()
	for (const { docs } of log) for (const row of docs) row.value === undefined ? all.delete(row.id) : all.set(row.id, row)
	return [...all.values()]
}

/**
 * The log of documents, and a row for each unsent write, each conflict and each cursor.
 */
export class IndexedStorage implements Storage {
	#db?: IDBDatabase
	/** The cost of the log less three times its documents, as far as this tab
	 * knows. */
	#excess = 0

	async open(name: string, lost: () => void): Promise<void> {
		this.close()
		const request = indexedDB.open(name, 2)
		request.onupgradeneeded = () => {
			for (const store of NAMES) request.result.createObjectStore(store, { keyPath: KEYS[store], autoIncrement: true })
			request.transaction!.objectStore('log').createIndex('top', 'top')
		}
		const db: IDBDatabase = (this.#db = await done(request))
		// Closes this connection, not the present one: an open one would block
		// the deletion of the database.
		db.onversionchange = db.onclose = () => {
			db.close()
			lost()
		}
	}

	async load(group: string): Promise<Loaded> {
		const [log, writes, conflicts, cursors] = this.#stores('readonly')
		const requests = [log.index('top').getAll(topOf(group)), writes.getAll(), conflicts.getAll(), cursors.get(group)]
		const [entries, put, notes, cursor] = await Promise.all<any>(requests.map(done))
		const docs = latest(entries)
		for (const entry of entries) this.#excess += costOf(entry)
		this.#excess -= 3 * costOf({ docs })
		const mine = ({ id }: { id: string }) => id.startsWith(group + ':')
		return { docs: docs.filter(mine), put: put.filter(mine), conflicts: notes.filter(mine), cursor }
	}

	async cursor(group: string): Promise<string | undefined> {
		return done(this.#stores('readonly')[3].get(group))
	}

	async write(rows: Rows): Promise<void> {
		const [log, writes, conflicts, cursors] = this.#stores('readwrite')
		const each = <T>(all: T[] = [], request: (one: T) => unknown) => all.forEach(request)
		this.#append(log, rows.docs)
		each(rows.supersede, (op) => {
			const found = writes.get(op)
			found.onsuccess = () => found.result?.sent || writes.delete(op)
		})
		each(rows.drop, (op) => writes.delete(op))
		each(rows.put, (row) => writes.put(row))
		each(rows.forget, (key) => conflicts.delete(key))
		each(rows.conflicts, (row) => conflicts.put(row))
		each(rows.cursors, ([group, cursor]) => cursors.put(cursor, group))
		const { transaction } = log
		// Without requests that wait for a result, there are no more.
		if (!rows.supersede?.length) transaction.commit()
		if (this.#excess > MAX_EXCESS) this.#compact()
		return done(transaction)
	}

	async clear(): Promise<void> {
		const stores = this.#stores('readwrite')
		for (const store of stores) store.clear()
		await done(stores[0].transaction)
	}

	close(): void {
		this.#db?.close()
	}

	/** All stores, in a new transaction. */
	#stores(mode: IDBTransactionMode): Stores {
		const tx = this.#db!.transaction(NAMES, mode)
		return NAMES.map((name) => tx.objectStore(name)) as Stores
	}

	#append(log: IDBObjectStore, docs: DocRow[] = []): void {
		const entries: Entry[] = []
		let entry: Entry | undefined
		for (const row of docs) {
			const top = topOf(row.id)
			if (entry?.top !== top || entry.docs.length === MAX_DOCS) entries.push((entry = { top, docs: [] }))
			entry.docs.push(row)
		}
		for (const each of entries) {
			log.add(each)
			this.#excess += costOf(each)
		}
	}

	/** Writes the log anew, with the last row of each document. */
	#compact(): void {
		this.#excess = 0
		const [log] = this.#stores('readwrite')
		const all = log.getAll()
		all.onsuccess = () => {
			const docs = latest(all.result)
			this.#excess -= 3 * costOf({ docs })
			log.clear()
			this.#append(log, docs)
		}
	}
}

const nothing = async () => {}

/** Stores nothing: the data is in the replica only. */
export const memoryStorage: Storage = {
	open: nothing, write: nothing, clear: nothing, close: nothing,
	load: async () => ({ docs: [], put: [], conflicts: [] }),
}
