import { PocketbookError, type Rows, type Storage } from './types.js'

interface PersistenceHost {
	name: string
	/** `everything` can be called. */
	codecReady: Promise<unknown>
	/** The rows of all that is in memory. */
	everything(): Rows
	/** `error` is another one. */
	onStatus(): void
}

/** Keeps rows in a storage, whatever happens to that: opened anew, it gets all that is in memory. */
export class Persistence {
	/** Why nothing can be kept at present. */
	error: PocketbookError | null = null
	opened: Promise<void>
	#host: PersistenceHost
	#isOpen = false
	#isClosed = false
	#stored: Promise<unknown> = Promise.resolve()
	#recovering?: Promise<void>

	constructor(readonly store: Storage, host: PersistenceHost) {
		this.#host = host
		this.opened = this.#open()
		this.opened.catch((cause) => this.degrade(cause))
	}

	/** Stores rows in one transaction. */
	write(rows: Rows): Promise<void> {
		// At once where the storage is open: a page that is being closed has no later.
		const stored = this.#isOpen ? this.store.write(rows) : this.opened.then(() => (this.error ? Promise.reject(this.error) : this.store.write(rows)))
		// Once more with all that is in memory, which includes these rows: the connection may be lost, or the database be gone.
		const safe = stored.catch((cause) => this.#recover(cause))
		this.#stored = Promise.allSettled([this.#stored, safe]).then(() => {})
		return safe
	}

	/** From here on the data is in memory alone; each further write tries the storage anew. */
	degrade(cause: any): PocketbookError {
		this.error =
			cause?.name === 'QuotaExceededError'
				? new PocketbookError('quota', 'this device is full: changes stay in memory until sent')
				: new PocketbookError('storage', `local storage failed: ${cause?.message ?? cause}`)
		this.opened.catch(() => {})
		this.#isOpen = false
		this.#host.onStatus()
		return this.error
	}

	/** Closes the storage once all that is under way is stored. */
	async close(): Promise<void> {
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
		await this.store.open(this.#host.name, lost)
		this.#isOpen = true
	}

	#recover(cause?: unknown): Promise<void> {
		if (this.#isClosed) return Promise.reject(cause)
		return (this.#recovering ??= this.#replay())
	}

	async #replay(): Promise<void> {
		try {
			await this.#host.codecReady
			await (this.opened = this.#open())
			// What comes from here on is not among the rows.
			this.#recovering = undefined
			await this.store.write(this.#host.everything())
			this.error = null
			this.#host.onStatus()
		} catch (cause) {
			this.#recovering = undefined
			throw this.degrade(cause)
		}
	}
}
