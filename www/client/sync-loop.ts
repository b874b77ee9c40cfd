import { Http, type Pulled } from './http.js'
import { Puller } from './pull.js'
import { Pusher } from './push.js'
import type { Batch, Replica } from './replica.js'
import { type Codec, type Merge, PocketbookError } from './types.js'

// The exchange with the server, run by the tab that leads: when to pull, to push and to listen. What that is, is in pull.ts and push.ts.
// It never stops by itself: a timer is always armed.

/** The server pings every 15 s at the latest. */
const SILENCE = 32_000
const CHECK = 15_000
const BACKOFF = 500
const BACKOFF_MAX = 30_000

/** What is known of the server; goes from the leader to the other tabs. */
export interface NetworkState {
	online: boolean
	/** Was there any answer, or failure, yet? */
	tried: boolean
	unauthorized: boolean
	/** The token does not cover one of the groups; the others go on. */
	forbidden: boolean
	busy: boolean
	/** All groups were pulled since the connection came. */
	current: boolean
	lastPush: number | null
	lastPull: number | null
	lastError: PocketbookError | null
}

/** The session, as far as the loop needs it. */
export interface LoopHost {
	url: string
	replica: Replica
	codec: Codec
	/** The groups this tab leads. */
	leading: ReadonlySet<string>
	interval(): number
	token(): Promise<string | undefined>
	/** Applies, tells the other tabs, stores. Settles when stored; where that fails, it is told by the host. */
	record(batch: Batch): Promise<void>
	mergeOf(id: string): Merge | undefined
	onNetwork(): void
}

/** The stream that is open, or being opened. */
interface Stream {
	abort: AbortController
	/** Groups that it has confirmed; those that were pulled since then. */
	confirmed: Set<string>
	live: Set<string>
}

export class SyncLoop {
	known: Partial<NetworkState> = {}
	http: Http
	line?: Stream
	/** Groups that the token does not cover. */
	#forbidden = new Set<string>()
	#puller: Puller
	#pusher: Pusher
	#timer?: ReturnType<typeof setTimeout>
	#due = Infinity
	#failures = 0
	/** The server says how long to wait when a stream ends, each client something else. */
	#retry = BACKOFF
	#heard = 0
	#flights = 0
	#refusedToken?: string
	#stopped = false

	constructor(readonly session: LoopHost) {
		this.http = new Http(session)
		this.#puller = new Puller(this)
		this.#pusher = new Pusher(this)
		this.#arm(0)
	}

	/** What is open is not to be trusted, or not what is needed. */
	restart(): void {
		this.#hangUp()
		this.#arm(0)
	}

	/** There is something to push. */
	kick(): void {
		if (this.known.unauthorized) return
		// While offline each new write is a reason to try again, but not each keystroke.
		if (this.known.online || !this.known.tried) this.#attempt(this.push())
		else this.#arm(Math.min(1000, this.#due - Date.now()))
	}

	/** The page has come back. */
	wake(): void {
		this.#alive(CHECK + 3000) ? this.kick() : this.restart()
	}

	offline(): void {
		this.#hangUp()
		this.#failed(new PocketbookError('offline', 'this device is offline'))
	}

	/** There may be another token. */
	resume(): void {
		this.#forbidden.clear()
		this.note({ unauthorized: false })
		this.restart()
	}

	stop(): void {
		this.#stopped = true
		clearTimeout(this.#timer)
		this.#hangUp()
	}

	/** Pulls everything, then pushes everything. */
	async sync(): Promise<void> {
		try {
			if (!this.#alive()) this.#listen()
			await Promise.all(this.groups().map((group) => this.#puller.pull(group)))
			await this.push()
			this.#failures = 0
		} catch (error) {
			this.#failed(error)
			throw error
		}
	}

	push(): Promise<void> {
		return this.#pusher.push()
	}

	// ---- For pull.ts and push.ts ----

	/** The groups to exchange. */
	groups(): string[] {
		return [...this.session.leading].filter((group) => !this.#forbidden.has(group)).sort()
	}

	note(net: Partial<NetworkState>): void {
		const before = this.known
		const forbidden = this.#forbidden.size > 0
		const current = this.groups().every((group) => this.#puller.pulled.has(group))
		this.known = { ...before, busy: this.#flights > 0, forbidden, current, ...net }
		if (Object.entries(this.known).some(([key, value]) => value !== before[key as keyof NetworkState])) this.session.onNetwork()
	}

	/** Counts what is under way, and takes an answer as the sign that the server is there. */
	async flight<T>(job: () => Promise<T>): Promise<T> {
		this.#flights++
		this.note({})
		try {
			const answer = await job()
			this.note({ online: true, tried: true })
			return answer
		} finally {
			this.#flights--
			this.note({})
		}
	}

	/** The token does not cover the group. */
	forbid(group: string): void {
		this.#forbidden.add(group)
		this.#refusedToken = this.http.used
		this.restart()
	}

	// ---- The timer ----

	#arm(ms: number): void {
		if (this.#stopped) return
		clearTimeout(this.#timer)
		this.#due = Date.now() + ms
		this.#timer = setTimeout(() => void this.#tick(), ms)
	}

	async #tick(): Promise<void> {
		const alive = this.#alive()
		this.#arm(Math.min(this.session.interval(), alive ? CHECK : Infinity))
		if (this.known.unauthorized || this.#forbidden.size) {
			const token = await this.session.token().catch(() => this.#refusedToken)
			if (token !== this.#refusedToken) return this.resume()
		}
		if (this.known.unauthorized || !this.groups().length) return
		this.#attempt(alive && this.known.current ? this.push() : this.sync())
	}

	#attempt(work: Promise<unknown>): void {
		work.catch((error) => this.#failed(error))
	}

	/** Says what is the matter, and when to try again. */
	#failed(cause: any, wait?: number): void {
		const lastError = cause instanceof PocketbookError ? cause : new PocketbookError('protocol', `${cause}`)
		// One failure may be the end of several attempts.
		if (lastError === this.known.lastError) return
		if (lastError.status === 401) {
			this.#hangUp()
			this.#refusedToken = this.http.used
			this.note({ unauthorized: true, tried: true, lastError })
			this.#arm(this.session.interval())
		} else if (lastError.code === 'forbidden') this.note({ tried: true, lastError })
		else {
			this.#puller.pulled.clear()
			this.note({ online: false, tried: true, lastError })
			this.#arm(Math.max(wait ?? Math.min(BACKOFF_MAX, BACKOFF * 2 ** this.#failures++) * (0.5 + Math.random() / 2), lastError.retryAfter))
		}
	}

	// ---- The stream ----

	#alive(silence = SILENCE): boolean {
		return !!this.line && Math.abs(Date.now() - this.#heard) < silence
	}

	#hangUp(): void {
		this.line?.abort.abort()
		this.line = undefined
	}

	#listen(): void {
		this.#hangUp()
		const stream: Stream = (this.line = { abort: new AbortController(), confirmed: new Set(), live: new Set() })
		const ended = (error?: any) => {
			if (this.line === stream) this.#dropped(stream, error)
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
			this.#attempt(event === 'connected' || reset ? this.#puller.pull(group).then(() => this.push()) : this.#puller.changed(group, data))
		}
	}

	/** A stream that was open and ended: the server may be gone. One that was refused leaves the polling to show what is the matter. */
	#dropped({ confirmed }: Stream, error: any): void {
		this.#hangUp()
		if (error?.status === 401) this.#failed(error)
		else if (confirmed.size) this.#failed(new PocketbookError('offline', 'the connection was lost'), this.#retry)
	}
}
