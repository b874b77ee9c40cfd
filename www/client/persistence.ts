// Keeps rows in a storage in spite of its failures: each write opens a failed storage
// again, and then stores everything that is in memory.
import { later } from './load-later.js'
import { inTime } from './pending.js'
import { type Replica, pullTime, rights } from './replica.js'
import { type Codec, type Loaded, PocketbookError, type Rows, type Storage } from './types.js'
import type { Writes } from './writes.js'

/** Milliseconds for opening a storage, and for a transaction. */
const OPENING = 5000
const TRANSACTION = 30_000

/** The part of a session that persistence needs. */
export interface PersistenceHost {
	name: string
	/** Settles when the codec is there. */
	codecReady: Promise<unknown>
	replica: Replica
	codec: Codec
	outbox: Pick<Writes, 'onReopened'>
	/** `error` or `persisted` has changed. */
	notify(): void
}

export class Persistence {
	/** Why nothing can be stored at present. */
	error: PocketbookError | null = null
	/** The browser has promised not to evict the data; see Status. */
	persisted: boolean | null = null
	opened: Promise<void>
	#isOpen = false
	#isClosed = false
	/** Settles when the last documents are stored, or could not be. */
	#docs = Promise.resolve()
	/** Settles when all writes under way are stored. */
	#stored = Promise.resolve()
	#recovering?: Promise<void>
	#opening?: Promise<void>
	#asking?: Promise<void>

	constructor(readonly store: Storage, private host: PersistenceHost) {
		this.opened = this.#open()
		this.opened.catch((cause) => this.degrade(cause))
		void this.#ask('persisted')
	}

	/**
	 * Stores rows in one transaction: documents after those before them, so that a
	 * cursor is never ahead of its documents. Nothing, while or after it ends.
	 */
	write(rows: Rows): Promise<void> {
		if (this.#isClosed) return this.#stored
		const write = () => this.#write(rows)
		// At once if the storage is open: a page that is being closed has no
		// next turn.
		const stored = this.#isOpen ? (rows.docs ? this.#docs.then(write) : write()) : this.opened.then(() => (this.error ? Promise.reject(this.error) : write()))
		if (rows.docs) this.#docs = stored
		// The connection may be lost, or the database deleted. Recovery stores
		// all that is in memory, which includes these rows.
		const safe = stored.catch((cause) => this.#recover(cause))
		this.#stored = Promise.allSettled([this.#stored, safe]).then(() => {})
		return safe
	}

	load(group: string): Promise<[Loaded, ...more: [key: string, value?: string][]]> {
		const { store } = this
		const more = [pullTime(group), rights(group)].map(async (key): Promise<[string, string?]> => [key, await store.cursor?.(key)])
		return inTime(TRANSACTION, Promise.all([store.load(group), ...more]), silent())
	}

	/**
	 * From now on the data is in memory only; each further write tries the storage
	 * again.
	 */
	degrade(cause: any): PocketbookError {
		this.error =
			cause?.name === 'QuotaExceededError'
				? new PocketbookError('quota', 'device is full')
				: new PocketbookError('storage', `storage: ${cause?.message ?? cause}`)
		this.opened.catch(() => {})
		this.#isOpen = false
		this.host.notify()
		return this.error
	}

	/** Asks the browser not to evict the data, once. */
	askToPersist(): void {
		this.#asking ??= this.#ask('persist')
	}

	/** Removes everything, also what is being written. */
	async clear(): Promise<void> {
		this.#isClosed = true
		await this.opened.catch(() => {})
		await this.#stored
		try {
			await this.store.clear()
		} catch (cause) {
			throw this.error ?? this.degrade(cause)
		} finally {
			this.#isClosed = false
		}
	}

	/**
	 * Closes the storage when all writes under way are stored. `empty`: removes
	 * them too.
	 */
	async close(empty?: boolean): Promise<void> {
		if (empty) await this.clear().catch(() => {})
		this.#isClosed = true
		await this.opened.catch(() => {})
		await this.#stored
		this.store.close()
	}

	async #open(): Promise<void> {
		const lost = () => {
			this.#isOpen = false
			this.#recover().catch(() => {})
		}
		this.#isOpen = false
		// One that is late is not asked again, but opens the storage when it
		// answers.
		this.#opening ??= this.store.open(this.host.name, lost).finally(() => (this.#opening = undefined))
		const opening = this.#opening
		await inTime(OPENING, opening, silent()).catch((cause) => {
			opening.then(lost, () => {})
			throw cause
		})
		this.#docs = Promise.resolve()
		this.#isOpen = true
	}

	#write(rows: Rows): Promise<void> {
		return inTime(TRANSACTION, this.store.write(rows), silent())
	}

	#recover(cause?: unknown): Promise<void> {
		if (this.#isClosed) return Promise.reject(cause)
		return (this.#recovering ??= this.#replay())
	}

	async #replay(): Promise<void> {
		try {
			await this.host.codecReady
			const { allRows } = await later()
			await (this.opened = this.#open())
			// Later changes are not among the rows: they are written as
			// usual.
			this.#recovering = undefined
			await this.#write(allRows(this.host.replica, this.host.codec))
			this.error = null
			this.host.notify()
			this.host.outbox.onReopened()
		} catch (cause) {
			this.#recovering = undefined
			throw this.degrade(cause)
		}
	}

	async #ask(how: 'persist' | 'persisted'): Promise<void> {
		let is = null
		try {
			is = await navigator.storage[how]()
		} catch {
			// An old browser, or denied.
		}
		// `persisted` is also false if the browser was not asked to promise
		// yet.
		this.persisted = is || (how === 'persist' ? is : null)
		this.host.notify()
	}
}

function silent(): PocketbookError {
	return new PocketbookError('storage', 'no answer')
}
