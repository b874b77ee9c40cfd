import { Http, type Pulled, type PulledDoc } from './http.js'
import type { Batch, ConflictNote, Replica, Write } from './replica.js'
import { type Codec, type Merge, PocketbookError } from './types.js'

// The exchange with the server, run by the tab that leads. It never stops by itself: a timer is always armed.

/** The server pings every 15 s at the latest. */
const SILENCE = 32_000
const CHECK = 15_000
const BACKOFF = 500
const BACKOFF_MAX = 30_000
/** A push is kept well below the server's limit for a body (1 MiB). */
const PUSH_DOCS = 500
const PUSH_CHARS = 250_000
/** Refusals of a push that no retry would mend. */
const REFUSALS = [400, 403, 413]

/** What is known of the server; goes from the leader to the other tabs. */
export interface Net {
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

export interface Host {
	replica: Replica
	codec: Codec
	/** The groups this tab leads. */
	leads: ReadonlySet<string>
	interval(): number
	token(): Promise<string | undefined>
	/** Applies, tells the other tabs, stores. Settles when stored. */
	commit(batch: Batch): Promise<void>
	merge(id: string): Merge | undefined
	newOp(): string
	onNet(): void
}

export class Loop {
	net: Net = {
		online: false, tried: false, unauthorized: false, forbidden: false, busy: false, current: false,
		lastPush: null, lastPull: null, lastError: null,
	}
	#http: Http
	#timer?: ReturnType<typeof setTimeout>
	#due = Infinity
	#failures = 0
	#retry = 0
	#heard = 0
	#flights = 0
	#stream?: AbortController
	#refusedToken?: string
	#forbidden = new Set<string>()
	/** Groups that the open stream has confirmed; pulled since the server was reached; pulled since the stream confirmed them. */
	#confirmed = new Set<string>()
	#pulled = new Set<string>()
	#live = new Set<string>()
	#chains = new Map<string, Promise<unknown>>()
	#queued = new Map<string, Promise<void>>()
	#pushing?: Promise<void>
	#again = false
	#stopped = false

	constructor(private host: Host, url: string) {
		this.#http = new Http(url, host.codec, () => host.token())
		this.#arm(0)
	}

	/** The groups it leads have changed. */
	regroup(): void {
		this.#hangUp()
		this.#arm(0)
	}

	/** There is something to push. */
	kick(): void {
		if (this.net.unauthorized || this.#stopped) return
		// While offline each new write is a reason to try again, but not each keystroke.
		if (this.net.online || !this.net.tried) this.#attempt(this.push())
		else this.#arm(Math.min(1000, this.#due - Date.now()))
	}

	/** The network or the page has come back; `hard`: what was open is not to be trusted. */
	wake(hard: boolean): void {
		if (!hard && this.#alive() && Math.abs(Date.now() - this.#heard) < CHECK + 3000) return this.kick()
		this.#hangUp()
		this.#arm(0)
	}

	offline(): void {
		this.#hangUp()
		this.#failed(new PocketbookError('offline', 'this device is offline'))
	}

	/** There may be another token. */
	resume(): void {
		this.#forbidden.clear()
		this.#set({ unauthorized: false })
		this.wake(true)
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
			await Promise.all(this.#groups().map((group) => this.#pull(group)))
			await this.push()
			this.#failures = 0
		} catch (error) {
			this.#failed(error)
			throw error
		}
	}

	push(): Promise<void> {
		this.#again = true
		return (this.#pushing ??= this.#drain())
	}

	// ---- The timer ----

	#arm(ms: number): void {
		if (this.#stopped) return
		clearTimeout(this.#timer)
		this.#due = Date.now() + ms
		this.#timer = setTimeout(() => void this.#tick(), ms)
	}

	async #tick(): Promise<void> {
		this.#arm(this.#alive() ? Math.min(this.host.interval(), CHECK) : this.host.interval())
		if (this.net.unauthorized || this.#forbidden.size) {
			const token = await this.host.token().catch(() => this.#refusedToken)
			if (token !== this.#refusedToken) return this.resume()
		}
		if (this.net.unauthorized || !this.#groups().length || this.#stopped) return
		this.#attempt(this.#alive() && this.net.current ? this.push() : this.sync())
	}

	#attempt(work: Promise<unknown>): void {
		work.catch((error) => this.#failed(error))
	}

	/** A storage that fails is the host's to report. */
	#commit(batch: Batch): void {
		this.host.commit(batch).catch(() => {})
	}

	#groups(): string[] {
		return [...this.host.leads].filter((group) => !this.#forbidden.has(group)).sort()
	}

	#set(net: Partial<Net>): void {
		const current = this.#groups().every((group) => this.#pulled.has(group))
		const next = { ...this.net, busy: this.#flights > 0, forbidden: this.#forbidden.size > 0, current, ...net }
		const before = this.net
		this.net = next
		if (Object.keys(next).some((key) => next[key as keyof Net] !== before[key as keyof Net])) this.host.onNet()
	}

	#failed(cause: unknown): void {
		const error = cause instanceof PocketbookError ? cause : new PocketbookError('protocol', String(cause))
		// One failure may be the end of several attempts.
		if (this.#stopped || error === this.net.lastError) return
		if (error.status === 401) return this.#refused(error)
		if (error.code === 'forbidden') return this.#set({ tried: true, lastError: error })
		this.#pulled.clear()
		this.#set({ online: false, tried: true, lastError: error })
		const wait = Math.min(BACKOFF_MAX, BACKOFF * 2 ** this.#failures++) * (0.5 + Math.random() / 2)
		this.#arm(Math.max(wait, error.retryAfter))
	}

	#refused(error: PocketbookError): void {
		this.#hangUp()
		this.#refusedToken = this.#http.used
		this.#set({ unauthorized: true, tried: true, lastError: error })
		this.#arm(this.host.interval())
	}

	/** Counts what is under way, and takes an answer as the sign that the server is there. */
	async #flight<T>(job: () => Promise<T>): Promise<T> {
		this.#flights++
		this.#set({})
		try {
			const answer = await job()
			this.#set({ online: true, tried: true })
			return answer
		} finally {
			this.#flights--
			this.#set({})
		}
	}

	// ---- The stream ----

	#alive(): boolean {
		return !!this.#stream && Math.abs(Date.now() - this.#heard) < SILENCE
	}

	#hangUp(): void {
		const stream = this.#stream
		this.#stream = undefined
		this.#confirmed.clear()
		this.#live.clear()
		stream?.abort()
	}

	#listen(): void {
		this.#hangUp()
		const stream = (this.#stream = new AbortController())
		const mine = () => this.#stream === stream && !this.#stopped
		this.#heard = Date.now()
		const ended = (error?: unknown) => {
			if (mine()) this.#dropped(error)
		}
		this.#http
			.stream(this.#groups(), stream.signal, {
				onBytes: () => void (this.#heard = Date.now()),
				onRetry: (ms) => void (this.#retry = ms),
				onConnected: (group) => {
					if (!mine()) return
					this.#confirmed.add(group)
					this.#attempt(this.#pull(group).then(() => this.push()))
				},
				onChange: (group, page) => {
					if (mine()) this.#attempt(this.#inTurn(group, () => this.#changed(group, page)))
				},
			})
			.then(ended, ended)
	}

	/** A stream that was open and ended: the server may be gone. One that was refused leaves the polling to show what is the matter. */
	#dropped(error: unknown): void {
		const opened = this.#confirmed.size > 0
		this.#hangUp()
		if ((error as PocketbookError)?.status === 401) return this.#refused(error as PocketbookError)
		if (!opened) return
		this.#pulled.clear()
		this.#set({ online: false, lastError: new PocketbookError('offline', 'the connection to the server was lost') })
		this.#arm(this.#retry || BACKOFF * Math.random())
	}

	async #changed(group: string, page: Pulled): Promise<void> {
		if (page.reset) return this.#attempt(this.#pull(group))
		if (!this.host.leads.has(group)) return
		// Before the first pull since the stream began, its place says nothing of what came before.
		const cursors: Batch['cursors'] = this.#live.has(group) ? [[group, page.cursor]] : []
		this.#commit({ docs: page.docs.map(serverDoc), cursors })
		this.#set({ lastPull: Date.now() })
	}

	// ---- Pull ----

	/** Pulls and events of a group take their turns, so that an older page never follows a newer event. */
	#inTurn<T>(group: string, job: () => Promise<T>): Promise<T> {
		const turn = (this.#chains.get(group) ?? Promise.resolve()).then(job)
		this.#chains.set(group, turn.catch(() => {}))
		return turn
	}

	#pull(group: string): Promise<void> {
		const queued = this.#queued.get(group)
		if (queued) return queued
		const turn = this.#inTurn(group, () => {
			this.#queued.delete(group)
			return this.#flight(() => this.#pages(group))
		})
		this.#queued.set(group, turn)
		return turn
	}

	async #pages(group: string): Promise<void> {
		const confirmed = this.#confirmed.has(group) && this.#stream
		const seen = new Set<string>()
		let since = this.host.replica.cursors.get(group) ?? '0'
		for (let more = true; more; ) {
			const page = await this.#http.pull(group, since).catch((error) => this.#forbid(group, error))
			if (!this.host.leads.has(group) || this.#stopped) return
			more = page.more
			since = page.cursor
			for (const { id } of page.docs) seen.add(id)
			this.#take(group, page, seen)
		}
		this.#pulled.add(group)
		if (confirmed && confirmed === this.#stream) this.#live.add(group)
		this.#set({ lastPull: Date.now(), ...(this.#forbidden.size ? {} : { lastError: null }) })
	}

	#forbid(group: string, error: PocketbookError): never {
		if (error.status === 403) {
			this.#forbidden.add(group)
			this.#refusedToken = this.#http.used
			this.regroup()
		}
		throw error
	}

	#take(group: string, page: Pulled, seen: Set<string>): void {
		const docs = page.docs.map(serverDoc)
		const done = !page.more
		// The place in a snapshot is good only once all of it is here.
		const cursors: Batch['cursors'] = page.reset && !done ? [] : [[group, page.cursor]]
		if (!page.reset || !done) return this.#commit({ docs, force: page.reset, cursors })
		for (const [id, doc] of this.host.replica.docs) {
			if (id.startsWith(group + ':') && doc.version && !seen.has(id)) docs.push({ id, version: 0, value: undefined })
		}
		this.#commit({ docs, force: true, cursors })
		this.#afterReset(group)
	}

	/** Edits of a past that the server no longer knows are conflicts: their base numbers mean nothing any more. */
	#afterReset(group: string): void {
		const { replica, codec } = this.host
		for (const { id, base, was } of [...replica.heads()]) {
			const { version, value } = replica.docs.get(id)!
			if (!id.startsWith(group + ':') || !base || (base === version && same(codec, was, value))) continue
			this.#commit(this.#settle(id, { version, value }))
		}
	}

	// ---- Push ----

	async #drain(): Promise<void> {
		// Swaps of the same moment go together; and `#pushing` is set before the end clears it.
		await undefined
		try {
			while (this.#again && !this.net.unauthorized && !this.#stopped) {
				this.#again = false
				for (let next = this.#next(); next.length; next = this.#next()) await this.#flight(() => this.#send(next))
			}
		} finally {
			this.#pushing = undefined
		}
	}

	#next(): Write[] {
		const groups = this.#groups()
		const heads = [...this.host.replica.heads()].filter(({ id }) => groups.some((group) => id.startsWith(group + ':')))
		heads.sort((a, b) => a.n - b.n)
		let chars = 0
		const fits = heads.slice(0, PUSH_DOCS).findIndex((write) => {
			chars += write.value === undefined ? 0 : this.host.codec.encode(write.value).length
			return chars > PUSH_CHARS
		})
		return heads.slice(0, fits < 0 ? PUSH_DOCS : Math.max(1, fits))
	}

	/** From here on the writes are repeated as they are until there is an answer; newer edits queue behind them. */
	async #mark(writes: Write[]): Promise<void> {
		const fresh = writes.filter((write) => !write.sent)
		const stored = fresh.length && this.host.commit({ put: fresh.map((write) => ({ ...write, sent: true })) })
		// A database that hangs must not keep the server from getting them.
		if (stored) await Promise.race([stored.catch(() => {}), new Promise((done) => setTimeout(done, 1000))])
	}

	async #send(writes: Write[]): Promise<void> {
		await this.#mark(writes)
		const docs = writes.map(({ id, base, op, value }) => (value === undefined ? { id, base, op, deleted: true as const } : { id, base, op, value }))
		const results = await this.#http.push(docs).catch((error: PocketbookError) => {
			if (!REFUSALS.includes(error.status) && error.code !== 'damaged') throw error
			return error
		})
		if (!(results instanceof PocketbookError)) this.#results(writes, results)
		else if (writes.length === 1) this.#refuse(writes[0]!, results)
		else {
			// One bad write blocks no other: find it by halves.
			const half = writes.length >> 1
			await this.#send(writes.slice(0, half))
			await this.#send(writes.slice(half))
		}
	}

	#results(writes: Write[], results: (PulledDoc & { status: string })[]): void {
		const batch: Required<Pick<Batch, 'docs' | 'end' | 'put'>> = { docs: [], end: [], put: [] }
		writes.forEach(({ op, id, base, value }, i) => {
			const { status, version } = results[i]!
			if (status !== 'ok') return
			batch.docs.push({ id, version, value })
			batch.end.push({ op, id, took: { base, version } })
			for (const next of this.host.replica.of(id))
				if (next.op !== op && !next.sent) batch.put.push({ ...next, base: value === undefined ? 0 : version, was: value })
		})
		if (batch.end.length) this.#commit(batch)
		results.forEach((result) => {
			if (result.status === 'conflict') this.#commit(this.#settle(result.id, serverDoc(result)))
		})
		this.#set({ lastPush: Date.now(), lastError: null })
	}

	#refuse(write: Write, { status, code, message }: PocketbookError): void {
		const newer = this.host.replica.of(write.id).some((other) => other.op !== write.op)
		const refused = { status, code, reason: message }
		// A newer edit of the document takes its place and is tried for itself.
		const batch: Batch = newer
			? { end: [{ op: write.op, id: write.id, error: { code: 'rejected', message } }] }
			: { put: [{ ...write, sent: false, refused }] }
		this.#commit(batch)
	}

	/** The server holds something else: merge, or take its value and keep the own copy in the journal. */
	#settle(id: string, theirs: { version: number; value: unknown }): Batch {
		const { replica, codec } = this.host
		const chain = replica.of(id)
		const batch: Batch = { docs: [{ id, ...theirs }], force: theirs.version === 0 }
		if (!chain.length) return batch
		const { was } = chain[0]!
		const mine = chain[chain.length - 1]!.value
		const end = (more: object) => chain.map(({ op }) => ({ op, id, ...more }))
		if (same(codec, mine, theirs.value)) return { ...batch, end: end({}) }
		const merge = this.host.merge(id)
		try {
			if (merge) return { ...batch, ...this.#merged(id, theirs, merge(was, mine, theirs.value, id), end) }
		} catch (error) {
			this.#set({ lastError: new PocketbookError('merge', `merge of ${id} failed: ${error}`) })
		}
		const note: ConflictNote = { key: chain[0]!.op, id, base: was, mine, theirs: theirs.value, at: Date.now() }
		return { ...batch, end: end({ error: { code: 'conflict', message: `${id} was changed elsewhere` } }), conflicts: [note] }
	}

	#merged(id: string, theirs: { version: number; value: unknown }, value: unknown, end: (more: object) => any[]): Batch {
		if (same(this.host.codec, value, theirs.value)) return { end: end({}) }
		const op = this.host.newOp()
		const { n } = this.host.replica.of(id).at(-1)!
		const base = theirs.value === undefined ? 0 : theirs.version
		this.#again = true
		return { end: end({ into: op }), put: [{ op, id, n: n + 1, base, was: theirs.value, value, at: Date.now() }] }
	}
}

function serverDoc({ id, version, value, deleted }: PulledDoc): { id: string; version: number; value: unknown } {
	return { id, version, value: deleted ? undefined : value }
}

function same(codec: Codec, a: unknown, b: unknown): boolean {
	return a === b || (a !== undefined && b !== undefined && codec.encode(a) === codec.encode(b))
}
