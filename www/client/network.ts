// What this tab knows of the server, from its own sync loop or from the leading tab;
// requests for a sync, and the browser's events that concern the network.
import type { NetworkState } from './exchange.js'
import { type Message, plain, revived } from './message.js'
import { Pending } from './pending.js'
import { newOp } from './replica.js'
import { type LoopHost, SyncLoop } from './sync-loop.js'
import type { PocketbookError } from './types.js'

/** The part of a session that the network needs. */
export interface NetworkHost extends LoopHost {
	/** Set when the session has ended. */
	dead?: PocketbookError
	post(message: Message): void
	onStatus(): void
}

export class Network {
	state: Partial<NetworkState> = {}
	/** Undefined until the codec is loaded. */
	loop?: SyncLoop
	/** Syncs that the leader was asked for. */
	#syncs = new Pending()
	#unlisten = new AbortController()

	constructor(private host: NetworkHost) {
		this.#listen()
	}

	/** The codec is loaded. */
	start(): void {
		this.loop = new SyncLoop(this.host, () => this.#publish())
		this.#askForSyncs()
	}

	close(error: PocketbookError): void {
		this.loop?.close()
		this.#unlisten.abort()
		this.#syncs.close(error)
	}

	async sync(): Promise<void> {
		if (this.host.dead) throw this.host.dead
		const id = newOp()
		const done = this.#syncs.wait(id)
		this.#askForSyncs()
		return done
	}

	/** There may be something to push. */
	kick(): void {
		if (this.host.leader.leading.size) this.loop?.kick()
	}

	/** This tab leads another group, or one less. */
	onLeading(added: boolean): void {
		this.loop?.restart()
		if (!added) return
		this.host.post({ hello: true })
		this.#askForSyncs()
	}

	receive({ net, error, hello, sync, synced }: Message): void {
		const leads = this.host.leader.leading.size
		if (net && !leads) {
			this.state = { ...net, lastError: revived(error) }
			this.host.onStatus()
		}
		if (hello) {
			this.#publish()
			this.#askForSyncs()
		}
		if (sync && leads) this.#syncFor(sync)
		if (synced) this.#syncs.settle(synced, revived(error))
	}

	/** Sends the loop's state to the other tabs. */
	#publish(): void {
		if (!this.loop || !this.host.leader.leading.size) return
		this.state = this.loop.network
		this.host.post({ net: { ...this.state, lastError: null }, error: plain(this.state.lastError) })
		this.host.onStatus()
	}

	/** Asks the leader. A tab that begins to lead is asked again. */
	#askForSyncs(): void {
		for (const sync of this.#syncs.ids()) this.host.leader.leading.size ? this.#syncFor(sync) : this.host.post({ sync })
	}

	#syncFor(synced: string): void {
		const report = (error?: PocketbookError) => {
			const message = { synced, error: plain(error) }
			this.host.post(message)
			this.receive(message)
		}
		this.loop?.sync().then(() => report(), report)
	}

	#listen(): void {
		const { signal } = this.#unlisten
		const on = (name: string, listener: () => unknown) => globalThis.addEventListener?.(name, listener, { signal })
		const wake = () => globalThis.document?.visibilityState !== 'hidden' && this.loop?.wake()
		// `visibilitychange` bubbles up from the document.
		for (const name of ['visibilitychange', 'pageshow', 'focus']) on(name, wake)
		on('online', () => this.loop?.restart())
		on('offline', () => this.host.leader.leading.size && this.loop?.offline())
	}
}
