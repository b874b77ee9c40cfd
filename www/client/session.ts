import { codecOf, same } from './codec.js'
import { Persistence } from './persistence.js'
import { type LoopHost, SyncLoop, type NetworkState } from './sync-loop.js'
import { type Message, plain, revived } from './message.js'
import { type Applied, type Batch, Replica, type Write, newOp } from './replica.js'
import { fromRows, toRows } from './rows.js'
import { IndexedStorage, memoryStorage } from './storage.js'
import { Tabs } from './tabs.js'
import { type Codec, type Merge, type Options, PocketbookError, type Rows, type State, type Status, type Token, type Written } from './types.js'
import { Pending, inTime } from './pending.js'

/** What a session knows of an atom. */
export interface Binding {
	group: string
	merge?: Merge<any>
	interval: number
	/** Documents look different; `ids` may be of other groups. */
	onDocs(ids: Iterable<string>): void
	onStatus(): void
}

const sessions = new Set<Session>()

/** All that this tab's atoms of one server and user share: documents, storage, the tie to the other tabs, the loop. */
export class Session implements LoopHost {
	replica = new Replica()
	codec!: Codec
	codecReady: Promise<unknown>
	/** The groups that this tab leads, and is ready to. */
	leading = new Set<string>()
	#bindings: Binding[] = []
	#token: Token
	#persistence: Persistence
	#loads = new Map<string, Promise<void>>()
	/** Writes that were made before the local data was loaded, so without sight of it. */
	#blind = new Set<string>()
	#tabs: Tabs
	#loop?: SyncLoop
	#net: Partial<NetworkState> = {}
	#pending = new Pending()
	/** Exchanges that the leader was asked for. */
	#asked = new Set<string>()
	#persisted: boolean | null = null
	#asking?: Promise<void>
	#dead?: PocketbookError
	#unlisten = new AbortController()

	/** The session of these options, shared with the other atoms that mean the same. */
	static of(options: Options<any>): Session {
		const url = new URL(options.url || '/', globalThis.location?.href).href.replace(/\/*$/, '/')
		const codec: any = options.codec ?? 'json'
		const name = `pocketbook ${url} ${options.user ?? ''} ${codec.name ?? codec}`
		for (const session of sessions)
			if (session.name === name && session.options.storage === options.storage) {
				if (options.token !== undefined) session.setToken(options.token, false)
				return session
			}
		return new Session(name, url, options)
	}

	private constructor(readonly name: string, readonly url: string, private options: Options<any>) {
		sessions.add(this)
		const { storage, token } = options
		this.#token = token
		const codec = codecOf(options.codec)
		if (!(codec instanceof Promise)) this.codec = codec
		this.codecReady = Promise.resolve(codec).then((ready) => this.#start(ready))
		this.#persistence = new Persistence(typeof storage === 'object' ? storage : storage === 'memory' ? memoryStorage : new IndexedStorage(), this)
		this.codecReady.catch((error) => this.#persistence.degrade(error))
		this.#tabs = new Tabs(this)
		this.#post({ hello: true })
		this.#listen()
		void this.#ask('persisted')
	}

	join(binding: Binding): Promise<void> {
		this.#bindings.push(binding)
		binding.onDocs(this.replica.docs.keys())
		let load = this.#loads.get(binding.group)
		if (!load) {
			load = this.#load(binding.group).catch((error) => void this.#persistence.degrade(error))
			this.#loads.set(binding.group, load)
			this.#tabs.join(binding.group)
		}
		return load
	}

	async leave(binding: Binding): Promise<void> {
		this.#bindings = this.#bindings.filter((other) => other !== binding)
		if (this.#bindings.some((other) => other.group === binding.group)) return
		this.#tabs.leave(binding.group)
		this.onLead(binding.group, false)
		this.#loads.delete(binding.group)
		if (!this.#bindings.length) await this.#close('the atom was destroyed')
	}

	/** Edits, as id and value; `undefined` deletes. `blind`: the local data is not loaded yet. */
	write(edits: [string, unknown][], blind: boolean): Written {
		if (this.#dead) throw this.#dead
		if (this.codec) edits = edits.filter(([id, value]) => !same(this.codec, this.replica.shown(id), value))
		if (!edits.length) return { local: Promise.resolve(), server: Promise.resolve() }
		const put = edits.map(([id, value]) => this.replica.compose(id, value))
		if (blind) for (const { op } of put) this.#blind.add(op)
		const server = Promise.all(put.map(({ op }) => this.#pending.wait(op))).then(() => {})
		server.catch(() => {})
		const local = this.record({ put })
		this.#asking ??= this.#ask('persist')
		return { local, server }
	}

	/** Applies a batch, tells the other tabs, stores it. Settles when it is stored. */
	record(batch: Batch): Promise<void> {
		const applied = this.replica.apply(batch)
		const stored = this.#withCodec(() => {
			// What an answer says may be older than what the stream has brought since.
			const docs = batch.docs?.filter(({ id, version }) => batch.force || version >= this.replica.docs.get(id)!.version)
			const rows = { ...toRows({ ...batch, docs }, this.codec), supersede: applied.replaced.map(([op]) => op) }
			this.#post({ rows, end: batch.end, force: batch.force })
			return this.#persistence.write(rows).then(() => this.#sweep(batch.put))
		})
		// Whoever does not look at it is not to be told of an unhandled rejection: the status tells.
		stored.catch(() => {})
		// Last, so that a watch that writes comes after this write everywhere.
		this.#notify(batch, applied)
		return stored
	}

	async sync(): Promise<void> {
		if (this.#dead) throw this.#dead
		const id = newOp()
		const done = this.#pending.wait(id)
		this.#asked.add(id)
		this.#askForSyncs()
		return done
	}

	setToken(token: Token, tell = true): void {
		this.#token = token
		if (tell && typeof token !== 'function') this.#post({ token: [token] })
		this.#loop?.resume()
	}

	/** Ends the session in all tabs and removes the local data. */
	async logout(force: boolean): Promise<void> {
		const unsent = this.replica.waiting().length
		if (unsent && !force) throw new PocketbookError('pending', `${unsent} changes are unsent`)
		await this.#persistence.opened.catch(() => {})
		await this.#persistence.store.clear()
		this.#post({ logout: true })
		await this.#forget()
	}

	status(): Status {
		const unsent = this.replica.waiting().filter((write) => !write.refused)
		const { online = false, lastPush = null, lastPull = null, lastError = null } = this.#net
		return {
			state: this.#state(unsent.length),
			online,
			pending: new Set(unsent.map(({ id }) => id)).size,
			oldestPending: unsent.length ? Math.min(...unsent.map(({ at }) => at)) : null,
			lastPush,
			lastPull,
			lastError: this.#persistence.error ?? lastError,
			persisted: this.#persisted,
		}
	}

	#state(pending: number): State {
		const { unauthorized, forbidden, tried, online, busy, current } = this.#net
		if (unauthorized || forbidden) return 'unauthorized'
		if (this.#persistence.error) return 'storage-degraded'
		if (tried && !online) return 'offline'
		if (!tried || busy || !current) return 'syncing'
		return pending ? 'pending' : 'synced'
	}

	// ---- For the loop and the keeper ----

	interval(): number {
		return Math.min(...this.#bindings.map((binding) => binding.interval))
	}

	async token(): Promise<string | undefined> {
		return typeof this.#token === 'function' ? this.#token() : this.#token
	}

	mergeOf(id: string): Merge | undefined {
		return this.#bindings.find((binding) => binding.merge && id.startsWith(binding.group + ':'))?.merge
	}

	onNetwork(): void {
		if (!this.#loop || !this.leading.size) return
		this.#net = this.#loop.known
		this.#post({ net: { ...this.#net, lastError: null }, error: plain(this.#net.lastError) })
		this.onStatus()
	}

	everything(): Rows {
		const { docs, conflicts, cursors, ended } = this.replica
		const all = [...docs].map(([id, { version, value }]) => ({ id, version, value }))
		const batch: Batch = { docs: all, put: this.replica.waiting(), conflicts: [...conflicts.values()], cursors: [...cursors] }
		return { ...toRows(batch, this.codec), drop: [...ended] }
	}

	onStatus(): void {
		for (const binding of this.#bindings) binding.onStatus()
	}

	// ---- The way of a batch ----

	#apply(batch: Batch): Applied {
		const applied = this.replica.apply(batch)
		this.#notify(batch, applied)
		return applied
	}

	#notify(batch: Batch, { replaced, changed }: Applied): void {
		for (const [op, by] of replaced) this.#pending.handOn(op, by)
		for (const { op, into, error } of batch.end ?? []) into ? this.#pending.handOn(op, into) : this.#pending.settle(op, revived(error))
		for (const { op, refused } of batch.put ?? [])
			if (refused) this.#pending.settle(op, new PocketbookError('rejected', refused.reason, refused.status))
		if (changed.size) for (const binding of this.#bindings) binding.onDocs(changed)
		if (batch.put?.length && this.leading.size) this.#loop?.kick()
		this.onStatus()
	}

	#withCodec<T>(job: () => T | Promise<T>): Promise<T> {
		// At once where it is there: what another tab is told, and what a closing page stores, must not wait for a microtask.
		return this.codec ? new Promise((resolve) => resolve(job())) : this.codecReady.then(job)
	}

	// ---- Storage ----

	async #load(group: string): Promise<void> {
		await this.#persistence.opened
		await this.codecReady
		const { cursor, ...rows } = await this.#persistence.store.load(group)
		const own = this.replica.waiting()
		const blind = own.filter(({ op }) => this.#blind.has(op))
		const batch = fromRows(rows, this.codec)
		const put = batch.put!.filter(({ op }) => !own.some((write) => write.op === op)).map((write) => under(write, blind))
		const cursors: Batch['cursors'] = cursor && !this.replica.cursors.has(group) ? [[group, cursor]] : []
		const { replaced } = this.#apply({ ...batch, put, cursors })
		const seeing = blind.filter(({ id }) => id.startsWith(group + ':')).map((write) => this.#seeing(write))
		if (seeing.length) void this.record({ put: seeing })
		this.#supersede(replaced)
	}

	/** A write made before its document was loaded: it was made on this device, after what the device had kept. */
	#seeing(write: Write): Write {
		this.#blind.delete(write.op)
		const now = this.replica.of(write.id).find(({ op }) => op === write.op) ?? write
		const { version, value } = this.replica.docs.get(write.id)!
		return now.sent || now.base || value === undefined ? now : { ...now, base: version, was: value }
	}

	/** Stored writes that newer ones have replaced. */
	#supersede(replaced: Applied['replaced']): void {
		if (replaced.length) void this.#persistence.write({ supersede: replaced.map(([op]) => op) })
	}

	/** Rows that were stored after another tab had already done away with them. */
	#sweep(put: Write[] = []): void {
		const gone = put.filter(({ op, id }) => !this.replica.of(id).some((write) => write.op === op)).map(({ op }) => op)
		const drop = gone.filter((op) => this.replica.ended.has(op))
		if (gone.length && !this.#dead) void this.#persistence.write({ drop, supersede: gone })
	}

	async #ask(how: 'persist' | 'persisted'): Promise<void> {
		const is = (await globalThis.navigator?.storage?.[how]?.().catch(() => null)) ?? null
		// A browser that was not asked to promise has not refused.
		this.#persisted = is || (how === 'persist' ? is : null)
		this.onStatus()
	}

	// ---- Leading ----

	#start(codec: Codec): void {
		this.codec = codec
		if (this.#dead) return
		this.#loop = new SyncLoop(this)
		this.#askForSyncs()
	}

	onLead(group: string, leads: boolean): void {
		if (!leads) {
			if (this.leading.delete(group)) this.#loop?.restart()
			return
		}
		void this.#takeOver(group).finally(() => {
			if (!this.#tabs.leads.has(group)) return
			this.leading.add(group)
			this.#loop?.restart()
			this.#post({ hello: true })
			this.#askForSyncs()
		})
	}

	/** A leader starts from the stored cursor: what its predecessor told it of may never have been stored. */
	async #takeOver(group: string): Promise<void> {
		await inTime(2000, this.#loads.get(group) ?? this.#persistence.opened)
		const { error, store } = this.#persistence
		if (error || !store.cursor) return
		const cursor = await store.cursor(group).catch(() => undefined)
		cursor === undefined ? this.replica.cursors.delete(group) : this.replica.cursors.set(group, cursor)
	}

	#listen(): void {
		const { signal } = this.#unlisten
		const on = (name: string, listener: () => unknown) => globalThis.addEventListener?.(name, listener, { signal })
		const wake = () => globalThis.document?.visibilityState !== 'hidden' && this.#loop?.wake()
		// The first of them bubbles up from the document.
		for (const name of ['visibilitychange', 'pageshow', 'focus']) on(name, wake)
		on('online', () => this.#loop?.restart())
		on('offline', () => this.leading.size && this.#loop?.offline())
	}

	// ---- Other tabs ----

	#post(message: Message): void {
		this.#tabs.post(message)
	}

	onMessage(message: Message): void {
		const { rows, net, error, sync, synced, token } = message
		const leads = this.leading.size
		if (rows) this.#withCodec(() => this.#onRows(rows, message)).catch(() => {})
		if (net && !leads) {
			this.#net = { ...net, lastError: revived(error) }
			this.onStatus()
		}
		if (message.hello) {
			this.onNetwork()
			this.#askForSyncs()
		}
		if (sync && leads) this.#syncFor(sync)
		if (synced) {
			this.#asked.delete(synced)
			this.#pending.settle(synced, revived(error))
		}
		if (token) this.setToken(token[0], false)
		if (message.logout) void this.#forget()
	}

	#onRows(rows: Rows, { end, force }: Message): void {
		const { replaced } = this.#apply({ ...fromRows(rows, this.codec), end, force })
		if (this.leading.size) this.#supersede(replaced)
	}

	/** Asks whoever leads; a leader that comes later is asked again. */
	#askForSyncs(): void {
		for (const sync of this.#asked) this.leading.size ? this.onMessage({ sync }) : this.#post({ sync })
	}

	#syncFor(synced: string): void {
		const tell = (error?: PocketbookError) => {
			const message = { synced, error: plain(error) }
			this.#post(message)
			this.onMessage(message)
		}
		this.#loop?.sync().then(() => tell(), tell)
	}

	// ---- The end ----

	async #forget(): Promise<void> {
		const ids = [...this.replica.docs.keys()]
		this.replica.clear()
		for (const binding of this.#bindings) binding.onDocs(ids)
		await this.#close('this user has logged out')
		this.onStatus()
	}

	async #close(why: string): Promise<void> {
		if (this.#dead) return
		this.#dead = new PocketbookError('destroyed', why)
		sessions.delete(this)
		this.leading.clear()
		this.#loop?.stop()
		this.#unlisten.abort()
		this.#tabs.close()
		this.#pending.end(this.#dead)
		await this.#persistence.close()
	}
}

/** A stored write that would come after a blind one (the clock was set back) goes under it. */
function under(write: Write, blind: Write[]): Write {
	const newer = blind.find((other) => other.id === write.id && other.n <= write.n)
	return newer ? { ...write, n: newer.n - 1 } : write
}
