import type { DocRow, Loaded, Rows, Storage } from './types.js'

/**
 * Documents lie in a log: a transaction appends those that it has, many to an entry, and of each the last one counts. With a row for every
 * document, opening and a first sync would be as many calls to another process as there are documents.
 */
interface Entry {
	/** What all of their ids have before the first colon; the log is indexed by it. */
	top: string
	docs: DocRow[]
}

/** Documents in an entry at most. */
const MOST = 200
/** What an entry takes to open, in characters of values. */
const ENTRY = 4000
/** What the log may take besides three times its documents; then it is written anew. */
const SPARE = 8e6

/** The stores, and what their rows have their keys in. */
const KEYS: Record<string, string | null> = { log: null, writes: 'op', conflicts: 'key', cursors: null }
const NAMES = Object.keys(KEYS)
type Stores = [log: IDBObjectStore, writes: IDBObjectStore, conflicts: IDBObjectStore, cursors: IDBObjectStore]

const topOf = (id: string) => id.split(':', 1)[0]!

/** The end of a request, with its result, or of a transaction. */
const done = (it: any): Promise<any> =>
	new Promise((resolve, reject) => {
		it.onsuccess = it.oncomplete = () => resolve(it.result)
		// A transaction hears of its requests' errors before it has one of its own, which may be another.
		it.onerror = it.onabort = () => it.error && reject(it.error)
	})

const weigh = ({ docs }: { docs: DocRow[] }) => docs.reduce((sum, { value = '' }) => sum + value.length, ENTRY)

/** The documents of a log. */
function latest(log: Entry[]): DocRow[] {
	const all = new Map<string, DocRow>()
	for (const { docs } of log) for (const row of docs) row.value === undefined ? all.delete(row.id) : all.set(row.id, row)
	return [...all.values()]
}

/** The log of documents, and a row for each unsent write, each conflict and each cursor. */
export class IndexedStorage implements Storage {
	#db?: IDBDatabase
	/** What the log takes, less three times its documents, as far as this tab knows. */
	#spare = 0

	async open(name: string, lost: () => void): Promise<void> {
		this.close()
		const request = indexedDB.open(name, 2)
		request.onupgradeneeded = ({ oldVersion }) => this.#upgrade(request, oldVersion)
		const db = (this.#db = await done(request))
		// Its own connection, whichever is the present one: one that is left open would block whoever wants to delete the database.
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
		for (const entry of entries) this.#spare += weigh(entry)
		this.#spare -= 3 * weigh({ docs })
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
		// Where no answer is waited for, nothing more will be asked.
		if (!rows.supersede?.length) transaction.commit()
		if (this.#spare > SPARE) this.#tidy()
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

	/** Makes the stores. Version 1 had a row for each document: they are pulled anew. */
	#upgrade({ result: db, transaction }: IDBOpenDBRequest, oldVersion: number): void {
		for (const store of oldVersion ? ['log'] : NAMES) db.createObjectStore(store, { keyPath: KEYS[store], autoIncrement: true })
		transaction!.objectStore('log').createIndex('top', 'top')
		if (oldVersion) {
			db.deleteObjectStore('docs')
			transaction!.objectStore('cursors').clear()
		}
	}

	/** All stores, in a transaction. */
	#stores(mode: IDBTransactionMode): Stores {
		const tx = this.#db!.transaction(NAMES, mode)
		return NAMES.map((name) => tx.objectStore(name)) as Stores
	}

	#append(log: IDBObjectStore, docs: DocRow[] = []): void {
		const entries: Entry[] = []
		let entry: Entry | undefined
		for (const row of docs) {
			const top = topOf(row.id)
			if (entry?.top !== top || entry.docs.length === MOST) entries.push((entry = { top, docs: [] }))
			entry.docs.push(row)
		}
		for (const each of entries) {
			log.add(each)
			this.#spare += weigh(each)
		}
	}

	/** Leaves of each document only what counts. */
	#tidy(): void {
		this.#spare = 0
		const [log] = this.#stores('readwrite')
		const all = log.getAll()
		all.onsuccess = () => {
			const docs = latest(all.result)
			this.#spare -= 3 * weigh({ docs })
			log.clear()
			this.#append(log, docs)
		}
	}
}

const nothing = async () => {}

/** Keeps nothing: what there is, is in the replica. */
export const memoryStorage: Storage = {
	open: nothing, write: nothing, clear: nothing, close: nothing,
	load: async () => ({ docs: [], put: [], conflicts: [] }),
}
