import { type IDBPDatabase, type IDBPObjectStore, type IDBPTransaction, unwrap, wrap } from 'idb'
import type { Loaded, Rows, Storage } from './types.js'

/** The stores and their keys. */
const STORES = { docs: 'id', writes: 'op', conflicts: 'key', cursors: null }
const NAMES = Object.keys(STORES)

type Stores<M extends IDBTransactionMode> = { tx: IDBPTransaction<unknown, string[], M> } & Record<
	keyof typeof STORES, IDBPObjectStore<unknown, string[], string, M>
>

/** A row for each document, each unsent write and each conflict. */
export class IndexedStorage implements Storage {
	#db?: IDBPDatabase

	async open(name: string, lost: () => void): Promise<void> {
		this.close()
		const request = indexedDB.open(name, 1)
		request.onupgradeneeded = () => {
			for (const [store, keyPath] of Object.entries(STORES)) request.result.createObjectStore(store, { keyPath })
		}
		const db = (this.#db = (await wrap(request)) as IDBPDatabase)
		// Its own connection, whichever is the present one: one that is left open would block whoever wants to delete the database.
		db.onversionchange = db.onclose = () => {
			db.close()
			lost()
		}
	}

	async load(group: string): Promise<Loaded> {
		const { docs, writes, conflicts, cursors } = this.#begin('readonly')
		const mine = ({ id }: { id: string }) => id.startsWith(group + ':')
		const [found, put, notes, cursor] = await Promise.all([
			docs.getAll(IDBKeyRange.bound(group + ':', group + ';')),
			writes.getAll(),
			conflicts.getAll(),
			cursors.get(group),
		])
		return { docs: found, put: put.filter(mine), conflicts: notes.filter(mine), cursor }
	}

	async cursor(group: string): Promise<string | undefined> {
		return this.#begin('readonly').cursors.get(group)
	}

	async write(rows: Rows): Promise<void> {
		const { tx, docs, writes, conflicts, cursors } = this.#begin('readwrite')
		const each = <T>(all: T[] = [], request: (one: T) => unknown) => all.map(request)
		// Bare, as there can be very many: a promise and two listeners for each would be for nothing.
		const bare = unwrap(docs)
		each(rows.docs, (row) => (row.value === undefined ? bare.delete(row.id) : bare.put(row)))
		// Whether all of them went through is said by the transaction's end.
		void Promise.allSettled([
			...each(rows.supersede, async (op) => (await writes.get(op))?.sent || writes.delete(op)),
			...each(rows.drop, (op) => writes.delete(op)),
			...each(rows.put, (row) => writes.put(row)),
			...each(rows.forget, (key) => conflicts.delete(key)),
			...each(rows.conflicts, (row) => conflicts.put(row)),
			...each(rows.cursors, ([group, cursor]) => cursors.put(cursor, group)),
		])
		await tx.done
	}

	async clear(): Promise<void> {
		const { tx, ...stores } = this.#begin('readwrite')
		void Promise.allSettled(Object.values(stores).map((store) => store.clear()))
		await tx.done
	}

	close(): void {
		this.#db?.close()
		this.#db = undefined
	}

	/** A transaction, and its stores by their names. */
	#begin<M extends IDBTransactionMode>(mode: M) {
		if (!this.#db) throw new Error('the database is closed')
		const tx = this.#db.transaction(NAMES, mode)
		return { tx, ...Object.fromEntries(NAMES.map((name) => [name, tx.objectStore(name)])) } as Stores<M>
	}
}

const nothing = async () => {}

/** Keeps nothing: what there is, is in the replica. */
export const memoryStorage: Storage = {
	open: nothing, write: nothing, clear: nothing, close: nothing,
	load: async () => ({ docs: [], put: [], conflicts: [] }),
}
