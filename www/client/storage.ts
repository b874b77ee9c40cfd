// The storages: IndexedDB, and memory only.
import { extension } from './extension.js'
import { later } from './load-later.js'
import { costOf, done, partsOf, readLog, topOf } from './log.js'
import type { DocRow, Loaded, Rows, Storage } from './types.js'

/** The log is written anew if it exceeds three times its documents by this. */
const MAX_EXCESS = 8e6

/** The stores, and the key paths of their rows. */
const KEYS: Record<string, string | null> = { log: null, writes: 'op', conflicts: 'key', cursors: null }
const NAMES = Object.keys(KEYS)
type Stores = [log: IDBObjectStore, writes: IDBObjectStore, conflicts: IDBObjectStore, cursors: IDBObjectStore]

/**
 * The log of documents, and a row for each unsent write, each conflict and each cursor.
 */
export class IndexedStorage implements Storage {
	#db?: IDBDatabase
	/** It was cleared. */
	#isEmpty = false
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
		const reading = done(log.index('top').getAllKeys(topOf(group))).then((keys) => readLog(log, keys))
		const [[docs, excess], put, notes, cursor] = await Promise.all<any>([reading, ...[writes.getAll(), conflicts.getAll(), cursors.get(group)].map(done)])
		this.#excess += excess
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
		if (this.#excess > MAX_EXCESS) this.#compact().catch(() => {})
		return done(transaction)
	}

	async clear(): Promise<void> {
		const stores = this.#stores('readwrite')
		for (const store of stores) store.clear()
		await done(stores[0].transaction)
		this.#isEmpty = true
	}

	/** Of an empty database nothing is left: its name has the user's. */
	close(): void {
		this.#db?.close()
		// That of a tab which stays open waits until the others are closed.
		if (this.#isEmpty) indexedDB.deleteDatabase(this.#db!.name)
		this.#isEmpty = false
	}

	/** All stores, in a new transaction. */
	#stores(mode: IDBTransactionMode): Stores {
		const tx = this.#db!.transaction(NAMES, mode)
		return NAMES.map((name) => tx.objectStore(name)) as Stores
	}

	#append(log: IDBObjectStore, docs: DocRow[] = []): void {
		for (const part of partsOf(docs)) {
			log.add(extension.entryOf?.(part) ?? { top: topOf(part[0]!.id), docs: part })
			this.#excess += costOf(part)
		}
	}

	/** Writes the log anew, with the last row of each document. */
	async #compact(): Promise<void> {
		// Not again meanwhile, nor if it fails.
		this.#excess = 0
		const { compact } = await later()
		this.#excess += await compact(this.#stores('readwrite')[0], { costOf, done, partsOf, readLog })
	}
}

const nothing = async () => {}

/** Stores nothing: the data is in the replica only. */
export const memoryStorage: Storage = {
	open: nothing, write: nothing, clear: nothing, close: nothing,
	load: async () => ({ docs: [], put: [], conflicts: [] }),
}
