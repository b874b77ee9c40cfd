import { type IDBPDatabase, openDB } from 'idb'
import type { ConflictRow, DocRow, Loaded, Rows, Storage, WriteRow } from './types.js'

const STORES = ['docs', 'writes', 'conflicts', 'cursors'] as const

/** A row for each document, each unsent write and each conflict. */
export class IndexedStorage implements Storage {
	#db?: IDBPDatabase

	async open(name: string, lost: () => void): Promise<void> {
		this.close()
		const gone = () => {
			this.close()
			lost()
		}
		this.#db = await openDB(name, 1, {
			upgrade(db) {
				db.createObjectStore('docs', { keyPath: 'id' })
				db.createObjectStore('writes', { keyPath: 'op' })
				db.createObjectStore('conflicts', { keyPath: 'key' })
				db.createObjectStore('cursors')
			},
			blocking: gone,
			terminated: gone,
		})
	}

	async load(group: string): Promise<Loaded> {
		const tx = this.#open().transaction(STORES)
		const mine = (row: { id: string }) => row.id.startsWith(group + ':')
		const [docs, put, conflicts, cursor] = await Promise.all([
			tx.objectStore('docs').getAll(IDBKeyRange.bound(group + ':', group + ';', false, true)) as Promise<DocRow[]>,
			tx.objectStore('writes').getAll() as Promise<WriteRow[]>,
			tx.objectStore('conflicts').getAll() as Promise<ConflictRow[]>,
			tx.objectStore('cursors').get(group) as Promise<string | undefined>,
		])
		return { docs, put: put.filter(mine), conflicts: conflicts.filter(mine), cursor }
	}

	async cursor(group: string): Promise<string | undefined> {
		return this.#open().transaction('cursors').objectStore('cursors').get(group)
	}

	async write(rows: Rows): Promise<void> {
		const tx = this.#open().transaction(STORES, 'readwrite')
		const [docs, writes, conflicts, cursors] = STORES.map((name) => tx.objectStore(name))
		// Requests are not awaited one by one: the transaction's end says whether all of them went through.
		const settled = tx.done
		try {
			for (const row of rows.docs ?? []) void (row.value === undefined ? docs!.delete(row.id) : docs!.put(row)).catch(ignore)
			for (const op of rows.supersede ?? [])
				void writes!.get(op).then((row) => row && !row.sent && writes!.delete(op).catch(ignore), ignore)
			for (const op of rows.drop ?? []) void writes!.delete(op).catch(ignore)
			for (const row of rows.put ?? []) void writes!.put(row).catch(ignore)
			for (const key of rows.forget ?? []) void conflicts!.delete(key).catch(ignore)
			for (const row of rows.conflicts ?? []) void conflicts!.put(row).catch(ignore)
			for (const [group, cursor] of rows.cursors ?? []) void cursors!.put(cursor, group).catch(ignore)
		} catch (error) {
			settled.catch(ignore)
			tx.abort()
			throw error
		}
		await settled
	}

	async clear(): Promise<void> {
		const tx = this.#open().transaction(STORES, 'readwrite')
		for (const name of STORES) void tx.objectStore(name).clear().catch(ignore)
		await tx.done
	}

	close(): void {
		this.#db?.close()
		this.#db = undefined
	}

	#open(): IDBPDatabase {
		if (!this.#db) throw new DOMException('the database is closed', 'InvalidStateError')
		return this.#db
	}
}

function ignore(): void {}

/** Keeps nothing: what there is, is in the replica. */
export class MemoryStorage implements Storage {
	async open(): Promise<void> {}
	async load(): Promise<Loaded> {
		return { docs: [], put: [], conflicts: [] }
	}
	async write(): Promise<void> {}
	async clear(): Promise<void> {}
	close(): void {}
}
