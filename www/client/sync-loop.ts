// Decides when to pull, to push and to listen to events; runs in the tab that leads.
// It never stops by itself: a timer is always armed.
import { resolve } from './conflict.js'
import type { Exchange, ExchangeHost, NetworkState, Stream } from './exchange.js'
import { Http, type Pulled } from './http.js'
import { Puller } from './pull.js'
import { Pusher } from './push.js'
import type { ServerDoc } from './replica.js'
import { PocketbookError } from './types.js'

/** The server sends a ping every 15 s at the latest. */
const STREAM_TIMEOUT = 32_000
const CHECK = 15_000
const BACKOFF = 500
const BACKOFF_MAX = 30_000

/** The part of a session that the loop needs. */
export interface LoopHost extends ExchangeHost {
	/** Milliseconds between polls. */
	interval(): number
}

export class SyncLoop implements Exchange {
	network: Partial<NetworkState> = {}
	http: Http
	stream?: Stream
	pulled = new Set<string>()
	/** Groups that the token does not cover. */
	#forbidden = new Set<string>()
	#inFlight = 0
	#puller: Puller
	#pusher: Pusher
	#timer?: ReturnType<typeof setTimeout>
	#due = Infinity
	#failures = 0
	/**
	 * Milliseconds until the stream is opened again; the server varies it between
	 * clients.
	 */
	#retry = BACKOFF
	/** When the stream last sent anything. */
	#heard = 0
	#refusedToken?: string
	#closed = false

	/** `onNetwork` is called when the network state has changed. */
	constructor(readonly host: LoopHost, private onNetwork: () => void) {
		this.http = new Http(host)
		this.#puller = new Puller(this)
		this.#pusher = new Pusher(this)
		this.#arm(0)
	}

	/** Opens a new stream and syncs: the open one may be dead or miss a group. */
	restart(): void {
		this.#closeStream()
		this.#arm(0)
	}

	/** There is something to push. */
	kick(): void {
		const { unauthorized, online, tried } = this.network
		if (unauthorized) return
		// While offline a new write is a reason to try again, but not each keystroke.
		if (online || !tried) this.#attempt(this.#pusher.push())
		else this.#arm(Math.min(1000, this.#due - Date.now()))
	}

	/** The page is visible again. */
	wake(): void {
		this.#alive(CHECK + 3000) ? this.kick() : this.restart()
	}

	offline(): void {
		this.#closeStream()
		this.#failed(new PocketbookError('offline', 'device is offline'))
	}

	/** The token may have changed. */
	resume(): void {
		this.#forbidden.clear()
		this.note({ unauthorized: false })
		this.restart()
	}

	close(): void {
		this.#closed = true
		clearTimeout(this.#timer)
		this.#closeStream()
	}

	/** Pulls everything, then pushes everything. */
	async sync(): Promise<void> {
		try {
			if (!this.#alive()) this.#listen()
			await Promise.all(this.groups().map((group) => this.#puller.pull(group)))
			await this.#pusher.push()
			this.#failures = 0
		} catch (error) {
			this.#failed(error)
			throw error
		}
	}

	// ---- For pull.ts and push.ts ----

	groups(): string[] {
		return [...this.host.leader.leading].filter((group) => !this.#forbidden.has(group)).sort()
	}

	note(changes: Partial<NetworkState>): void {
		const before = this.network
		const forbidden = this.#forbidden.size > 0
		const current = this.groups().every((group) => this.pulled.has(group))
		this.network = { ...before, busy: this.#inFlight > 0, forbidden, current, ...changes }
		if (Object.entries(this.network).some(([key, value]) => value !== before[key as keyof NetworkState])) this.onNetwork()
	}

	async run<T>(requests: () => Promise<T>): Promise<T> {
		this.#inFlight++
		this.note({})
		try {
			const result = await requests()
			this.note({ online: true, tried: true })
			return result
		} finally {
			this.#inFlight--
			this.note({})
		}
	}

	settle(theirs: ServerDoc): void {
		const { replica, codec, writes } = this.host
		const { id } = theirs
		const { batch, error } = resolve(theirs, replica.of(id), codec, this.host.mergeOf(id))
		if (error) this.note({ lastError: error })
		void writes.record(batch)
	}

	forbid(group: string): void {
		this.#forbidden.add(group)
		this.#refusedToken = this.http.used
		this.restart()
	}

	// ---- The timer ----

	#arm(ms: number): void {
		if (this.#closed) return
		clearTimeout(this.#timer)
		this.#due = Date.now() + ms
		this.#timer = setTimeout(() => void this.#tick(), ms)
	}

	async #tick(): Promise<void> {
		const alive = this.#alive()
		this.#arm(Math.min(this.host.interval(), alive ? CHECK : Infinity))
		if (this.network.unauthorized || this.#forbidden.size) {
			const token = await this.host.token().catch(() => this.#refusedToken)
			if (token !== this.#refusedToken) return this.resume()
		}
		if (this.network.unauthorized || !this.groups().length) return
		this.#attempt(alive && this.network.current ? this.#pusher.push() : this.sync())
	}

	#attempt(work: Promise<unknown>): void {
		work.catch((error) => this.#failed(error))
	}

	/** Reports a failure and sets the time of the next attempt. */
	#failed(cause: any, wait?: number): void {
		const lastError = cause instanceof PocketbookError ? cause : new PocketbookError('protocol', `${cause}`)
		// One failure may end several attempts.
		if (lastError === this.network.lastError) return
		if (lastError.status === 401) {
			this.#closeStream()
			this.#refusedToken = this.http.used
			this.note({ unauthorized: true, tried: true, lastError })
			this.#arm(this.host.interval())
		} else if (lastError.code === 'forbidden') this.note({ tried: true, lastError })
		else {
			this.pulled.clear()
			this.note({ online: false, tried: true, lastError })
			this.#arm(Math.max(wait ?? Math.min(BACKOFF_MAX, BACKOFF * 2 ** this.#failures++) * (0.5 + Math.random() / 2), lastError.retryAfter))
		}
	}

	// ---- The stream ----

	#alive(timeout = STREAM_TIMEOUT): boolean {
		return !!this.stream && Math.abs(Date.now() - this.#heard) < timeout
	}

	#closeStream(): void {
		this.stream?.abort.abort()
		this.stream = undefined
	}

	#listen(): void {
		this.#closeStream()
		const stream: Stream = (this.stream = { abort: new AbortController(), confirmed: new Set(), live: new Set() })
		const ended = (error?: any) => {
			if (this.stream === stream) this.#dropped(stream, error)
		}
		this.#heard = Date.now()
		this.http.stream(this.groups(), stream.abort.signal, (event, data) => this.#onEvent(stream, event, data)).then(ended, ended)
	}

	#onEvent({ confirmed }: Stream, event?: string, data?: any): void {
		this.#heard = Date.now()
		if (event === 'retry') this.#retry = data
		else if (event) {
			const { group, reset } = data as Pulled & { group: string }
			if (event === 'connected') confirmed.add(group)
			this.#attempt(event === 'connected' || reset ? this.#puller.pull(group).then(() => this.#pusher.push()) : this.#puller.changed(group, data))
		}
	}

	/**
	 * If a stream that was confirmed ends, the server may be gone. If one was refused,
	 * polling will show the reason.
	 */
	#dropped({ confirmed }: Stream, error: any): void {
		this.#closeStream()
		if (error?.status === 401) this.#failed(error)
		else if (confirmed.size) this.#failed(new PocketbookError('offline', 'connection lost'), this.#retry)
	}
}
