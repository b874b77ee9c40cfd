// Decides when to pull, to push and to listen to events; runs in the tab that leads.
// It never stops by itself: a timer is always armed.
import type { Exchange, ExchangeHost, NetworkState, Parts, Stream } from './exchange.js'
import { extension } from './extension.js'
import { Http, type Pulled } from './http.js'
import { later } from './load-later.js'
import { plain, revived } from './message.js'
import { Puller } from './pull.js'
import type { Pusher } from './push.js'
import { type ServerDoc, rights } from './replica.js'
import { stable } from './status.js'
import { type PlainError, PocketbookError } from './types.js'

/** The server sends a ping every 15 s at the latest. */
const STREAM_TIMEOUT = 32_000
const CHECK = 15_000
const BACKOFF = 500
const BACKOFF_MAX = 30_000
/** A longer timer would fire at once. */
const MAX_TIMER = 2 ** 31 - 1
/** Groups in a connection of the stream, as the protocol limits them. */
const MAX_GROUPS = 64
/** Statuses of a refused group, or of a server or a proxy that finds the request too
 * long. */
const REFUSED = [400, 403, 414, 426, 431]
/**
 * Connections of the stream: a browser opens six to a server. Further groups are
 * polled.
 */
const MAX_CONNECTIONS = 4

/** The part of a session that the loop needs. */
export interface LoopHost extends ExchangeHost {
	/** Milliseconds between polls. */
	interval(): number
}

export class SyncLoop implements Exchange {
	network: Partial<NetworkState> = {}
	http: Http
	stream?: Stream
	#inFlight = 0
	#puller: Puller
	#pusher?: Pusher
	#timer?: ReturnType<typeof setTimeout>
	#due = Infinity
	#failures = 0
	/**
	 * Milliseconds until the stream is opened again; the server varies it between
	 * clients.
	 */
	#retry = BACKOFF
	/** Groups in a connection: less after a connection with so many was refused. */
	#most = MAX_GROUPS
	#refusedToken?: string
	/** When to look for another token. */
	#askForToken = 0
	#closed = false

	/** `onNetwork` is called when the network state has changed. */
	constructor(readonly host: LoopHost, private onNetwork: () => void) {
		this.http = new Http(host)
		this.#puller = new Puller(this)
		this.#arm(0)
	}

	/** Opens a new stream and syncs: the open one may be dead or miss a group. */
	restart(): void {
		this.#closeStream()
		this.#most = MAX_GROUPS
		this.#forget()
		this.#arm(0)
	}

	/** There is something to push. */
	kick(): void {
		const { unauthorized, online, tried } = this.network
		if (unauthorized) return
		// While offline a new write is a reason to try again, but not each
		// keystroke.
		if (online || !tried) this.#attempt(this.#push())
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
		this.note({ unauthorized: false, parts: new Map() })
		this.restart()
	}

	close(): void {
		this.#closed = true
		clearTimeout(this.#timer)
		this.#closeStream()
	}

	/**
	 * Pulls these groups, then pushes everything. Rejects also if the server
	 * refuses `wanted`.
	 */
	async sync(wanted?: string, groups = this.groups()): Promise<void> {
		try {
			if (!this.#alive()) this.#listen()
			await Promise.all((wanted && this.#refusal(wanted) ? [...groups, wanted] : groups).map((group) => this.#puller.pull(group)))
			await this.#push()
			this.#failures = 0
		} catch (error) {
			this.#failed(error)
			throw error
		}
		const error = wanted && this.#refusal(wanted)
		if (error) throw revived(error)
	}

	// ---- For pull.ts and push.ts ----

	groups(): string[] {
		return [...this.host.leader.leading].filter((group) => !this.#refusal(group)).sort()
	}

	note(changes: Partial<NetworkState>): void {
		const before = this.network
		this.network = stable(before, { ...before, busy: this.#inFlight > 0, ...changes })
		if (this.network !== before) this.onNetwork()
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

	async settle(theirs: ServerDoc[]): Promise<void> {
		if (!theirs.length) return
		// In this turn, if it is loaded.
		const { batches, error, wait } = (extension.resolve ? extension : await later()).resolve!(theirs, this.host)
		if (error) this.note({ lastError: error })
		for (const batch of batches) void this.host.outbox.record(batch)
		if (wait) await new Promise((done) => setTimeout(done, wait))
	}

	pulled(group: string): void {
		const refused = this.#refusal(group)
		this.note({ lastError: null, parts: new Map(this.#parts).set(group, null) })
		if (refused) this.restart()
	}

	refuse(group: string, error: PocketbookError): void {
		this.#refused()
		this.note({ parts: new Map(this.#parts).set(group, plain(error)) })
		// The stream must not ask for it. More groups may be refused right now.
		this.#closeStream()
		this.#most = MAX_GROUPS
		this.#arm(BACKOFF)
	}

	// ---- The groups ----

	get #parts(): Parts {
		return this.network.parts ?? new Map()
	}

	#refusal(group: string): PlainError | null | undefined {
		return this.#parts.get(group)
	}

	/** The token was refused. Another one is looked for later. */
	#refused(): void {
		this.#refusedToken = this.http.used
		this.#askForToken = Date.now() + this.host.interval()
	}

	/** The groups are to be pulled again. Refusals stay. */
	#forget(): void {
		this.note({ parts: new Map([...this.#parts].filter(([, error]) => error)) })
	}

	/** The groups without a stream that follows on what was pulled. */
	#behind(): string[] {
		return this.groups().filter((group) => !this.#alive() || !this.stream!.live.has(group) || !this.#parts.has(group))
	}

	// ---- The timer ----

	#arm(ms: number): void {
		if (this.#closed) return
		clearTimeout(this.#timer)
		this.#due = Date.now() + ms
		this.#timer = setTimeout(() => void this.#tick(), Math.min(ms, MAX_TIMER))
	}

	async #tick(): Promise<void> {
		this.#arm(Math.min(this.host.interval(), this.#alive() ? CHECK : Infinity))
		if (Date.now() >= this.#askForToken && (this.network.unauthorized || [...this.#parts.values()].some(Boolean))) {
			const token = await this.host.token().catch(() => this.#refusedToken)
			if (token !== this.#refusedToken) return this.resume()
		}
		if (this.network.unauthorized || !this.groups().length) return
		const behind = this.#behind()
		this.#attempt(behind.length ? this.sync(undefined, behind) : this.#push())
	}

	/** Sends writes until none is left. */
	async #push(): Promise<void> {
		const { Pusher } = await later()
		this.#pusher ??= new Pusher(this, extension)
		return this.#pusher.push()
	}

	#attempt(work: Promise<unknown>): void {
		work.catch((error) => this.#failed(error))
	}

	/** Reports a failure and sets the time of the next attempt. */
	#failed(cause: any, wait?: number): void {
		const lastError = cause instanceof PocketbookError ? cause : new PocketbookError('protocol', `${cause}`)
		// One failure may end several attempts.
		if (lastError === this.network.lastError) return
		if (lastError.code === 'unauthorized') {
			this.#closeStream()
			this.#refused()
			this.note({ unauthorized: true, tried: true, lastError })
			this.#arm(this.host.interval())
		} else {
			this.#forget()
			this.note({ online: false, tried: true, lastError })
			this.#arm(Math.max(wait ?? Math.min(BACKOFF_MAX, BACKOFF * 2 ** this.#failures++) * (0.5 + Math.random() / 2), lastError.retryAfter))
		}
	}

	// ---- The stream ----

	#alive(timeout = STREAM_TIMEOUT): boolean {
		return !!this.stream?.heard.every((at) => Math.abs(Date.now() - at) < timeout)
	}

	#closeStream(): void {
		this.stream?.abort.abort()
		this.stream = undefined
	}

	/** The groups of each connection of a stream. */
	#connections(): string[][] {
		const groups = this.groups()
		const all: string[][] = []
		while (groups.length && all.length < MAX_CONNECTIONS) all.push(groups.splice(0, this.#most))
		return all
	}

	#listen(): void {
		this.#closeStream()
		const stream: Stream = (this.stream = { abort: new AbortController(), heard: [], confirmed: new Set(), live: new Set() })
		this.#connections().forEach((groups, i) => {
			const ended = (error?: any) => {
				if (this.stream === stream) this.#ended(stream, i, groups, error)
			}
			const on = (event?: string, data?: any) => {
				stream.heard[i] = Date.now()
				this.#onEvent(stream, event, data)
			}
			stream.heard[i] = Date.now()
			this.http.stream(groups, stream.abort.signal, on).then(ended, ended)
		})
	}

	#onEvent({ confirmed }: Stream, event?: string, data?: any): void {
		if (event === 'retry') this.#retry = data
		else if (event) {
			const { group, reset } = data as Pulled & { group: string }
			const isOpen = event === 'connected'
			if (isOpen) {
				confirmed.add(group)
				void this.host.outbox.record({ cursors: [[rights(group), JSON.stringify([data.user, data.write])]] })
			}
			this.#attempt(isOpen || reset ? this.#puller.pull(group).then(() => this.#push()) : this.#puller.changed(group, data))
		}
	}

	/**
	 * If a connection that was confirmed ends, the server may be gone. One that was
	 * refused for its groups is opened again with fewer of them. For all else
	 * polling will show the reason, and ask for a stream again.
	 */
	#ended({ heard, confirmed }: Stream, i: number, groups: string[], error: any): void {
		heard[i] = 0
		if (groups.some((group) => confirmed.has(group))) {
			this.#closeStream()
			// The server is there. A request shows what it refuses, or
			// has another token.
			if (/unauthorized|expired|forbidden/.test(error?.code)) this.#arm(0)
			else this.#failed(new PocketbookError('offline', 'connection lost'), this.#retry)
		} else if (error?.code === 'unauthorized') this.#failed(error)
		else if (REFUSED.includes(error?.status) && groups.length > 1) {
			this.#most = groups.length >> 1
			this.#listen()
		}
	}
}
