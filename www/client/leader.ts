// Elects, for each group, the tab that exchanges it with the server. The leader of a
// group holds its Web Lock. A leader that is closed frees the lock; one that is frozen
// keeps it but does not answer, and the lock is stolen.
import type { Message } from './message.js'
import type { Network } from './network.js'
import { inTime } from './pending.js'
import type { Persistence } from './persistence.js'
import { OUTDATED } from './pull.js'
import type { Replica } from './replica.js'

/** A leader that misses so many checks, one every 0.8 s, is replaced. */
const MAX_MISSED = 2

/** The part of a session that a leader needs. */
export interface LeaderHost {
	/** The same in the tabs that share their data. */
	name: string
	replica: Replica
	persistence: Persistence
	network: Pick<Network, 'onLeading' | 'parts'>
	options: { schema?: number }
	post(message: Message): void
	/** Settles when the local data of the group is loaded. */
	loaded(group: string): Promise<void>
}

export class Leader {
	/** The groups that this tab leads and is ready to exchange. */
	leading = new Set<string>()
	/** The groups whose lock this tab holds. */
	#held = new Set<string>()
	#groups = new Map<string, { release: AbortController; missed: number; stolen?: boolean }>()
	#timer?: ReturnType<typeof setInterval>

	constructor(private host: LeaderHost) {}

	join(group: string): void {
		this.#groups.set(group, { release: new AbortController(), missed: 0 })
		// Without locks (an insecure origin, an old browser, denied storage)
		// each tab syncs for itself. The `op` of each write makes that safe.
		if (!globalThis.navigator?.locks) return this.#onHeld(group)
		this.#request(group, false)
		this.#timer ??= setInterval(() => this.#check(), 800)
	}

	leave(group: string): void {
		this.#groups.get(group)?.release.abort()
		this.#groups.delete(group)
		this.#release(group)
	}

	close(): void {
		clearInterval(this.#timer)
		for (const group of this.#groups.keys()) this.leave(group)
	}

	receive({ ask, here, schema }: Message): void {
		if (ask && this.#held.has(ask)) {
			const { network, options: { schema: own = 0 } } = this.host
			// The server has turned this app away, and the other tab has a
			// newer one.
			if (schema! > own && network.parts.get(ask)?.code === OUTDATED) this.leave(ask), this.join(ask)
			else this.host.post({ here: ask })
		}
		const entry = here && this.#groups.get(here)
		if (entry) {
			entry.missed = 0
			entry.stolen = false
		}
	}

	#request(group: string, steal: boolean): void {
		const { release } = this.#groups.get(group)!
		const options = steal ? { steal } : { signal: release.signal }
		const held = () =>
			new Promise<void>((done) => {
				if (release.signal.aborted) return done()
				release.signal.onabort = () => done()
				this.#onHeld(group)
			})
		const requested = async () => navigator.locks.request(`${this.host.name}:${group}`, options, held)
		requested().catch((error) => this.#onLost(group, release, error.name !== 'AbortError'))
	}

	#onHeld(group: string): void {
		this.#held.add(group)
		this.#groups.get(group)!.stolen = false
		this.host.post({ here: group })
		void this.#takeOver(group).finally(() => {
			if (!this.#held.has(group)) return
			this.leading.add(group)
			this.host.network.onLeading(true)
		})
	}

	/**
	 * A leader starts from the stored cursor: the documents that its predecessor
	 * posted may never have been stored.
	 */
	async #takeOver(group: string): Promise<void> {
		await inTime(2000, this.host.loaded(group)).catch(() => {})
		const { error, store } = this.host.persistence
		if (error || !store.cursor) return
		const cursor = await inTime(2000, store.cursor(group)).catch(() => undefined)
		const { cursors } = this.host.replica
		cursor === undefined ? cursors.delete(group) : cursors.set(group, cursor)
	}

	/** Another tab has stolen the lock, the request was aborted, or locks are
	 * denied. */
	#onLost(group: string, release: AbortController, denied: boolean): void {
		if (this.#groups.get(group)?.release !== release) return
		if (denied) this.#onHeld(group)
		else if (this.#release(group)) this.#request(group, false)
	}

	/** Did this tab hold the lock? */
	#release(group: string): boolean {
		if (this.leading.delete(group)) this.host.network.onLeading(false)
		return this.#held.delete(group)
	}

	#check(): void {
		for (const [group, entry] of this.#groups) {
			if (this.#held.has(group)) continue
			if (entry.missed++ < MAX_MISSED) this.host.post({ ask: group, schema: this.host.options.schema })
			// Locks that never answer are none.
			else if (entry.stolen) this.#onHeld(group)
			else {
				const waiting = entry.release
				entry.missed = 0
				entry.stolen = true
				entry.release = new AbortController()
				waiting.abort()
				this.#request(group, true)
			}
		}
	}
}
