import { codecOf } from './codec.js'
import { type Host, Loop, type Net } from './loop.js'
import { type Applied, type Batch, type End, Replica, type Write, fromRows, toRows } from './replica.js'
import { IndexedStorage, MemoryStorage } from './storage.js'
import { Tabs } from './tabs.js'
import { type Codec, type Merge, type Options, PocketbookError, type Rows, type State, type Status, type Storage, type Token, type Written } from './types.js'

/** What a session knows of an atom. */
export interface View {
	group: string
	merge?: Merge<any>
	interval: number
	/** Documents look different; `ids` may be of other groups. */
	onDocs(ids: Iterable<string>): void
	onStatus(): void
}

interface Waiter {
	resolve(): void
	reject(error: PocketbookError): void
}

/** Between tabs. */
interface Message {
	rows?: Rows
	end?: End[]
	force?: boolean
	net?: Omit<Net, 'lastError'> & { error: { code: string; message: string; status: number } | null }
	/** A new tab wants to know how things stand. */
	hello?: boolean
	/** A tab that does not lead asks for an exchange with the server. */
	sync?: string
	synced?: string
	error?: { code: string; message: string; status: number } | null
	token?: string | undefined
	hasToken?: boolean
	logout?: boolean
}

const sessions = new Set<Session>()

/** All that this tab's atoms of one server and user share: documents, storage, the tie to the other tabs, the loop. */
export class Session {
	replica = new Replica()
	views = new Set<View>()
	degraded: PocketbookError | null = null
	persisted: boolean | null = null
	dead = false
	#token: Token
	#codec?: Codec
	#codecReady: Promise<Codec>
	#storage: Storage
	#opened: Promise<void>
	#isOpen = false
	#storing = new Set<Promise<void>>()
	#loads = new Map<string, Promise<void>>()
	#tabs: Tabs
	#loop?: Loop
	#leading = new Set<string>()
	#net: Net | null = null
	#waiters = new Map<string, Waiter[]>()
	#asked = new Map<string, Waiter>()
	#asksPersist = false
	#recovering?: Promise<void>
	#unlisten: () => void

	/** The session of these options, shared with the other atoms that mean the same. */
	static of(options: Options<any>): Session {
		const url = new URL(options.url || '/', globalThis.location?.href).href.replace(/\/*$/, '/')
		const codec = options.codec ?? 'json'
		const name = `pocketbook ${url} ${options.user ?? ''} ${typeof codec === 'string' ? codec : codec.name}`
		for (const session of sessions)
			if (session.name === name && session.storage === options.storage) {
				if (options.token !== undefined) session.setToken(options.token, false)
				return session
			}
		return new Session(name, url, options.storage, options)
	}

	private constructor(public name: string, private url: string, private storage: Options['storage'], options: Options<any>) {
		sessions.add(this)
		this.#token = options.token
		this.#storage = typeof storage === 'object' ? storage : storage === 'memory' ? new MemoryStorage() : new IndexedStorage()
		const codec = codecOf(options.codec)
		if (!(codec instanceof Promise)) this.#codec = codec
		this.#codecReady = Promise.resolve(codec)
		this.#codecReady.then((ready) => this.#start(ready), (error) => this.#degrade(error))
		this.#opened = this.#open()
		this.#opened.catch((error) => this.#degrade(error))
		this.#tabs = new Tabs(name, { onMessage: (message) => this.#onMessage(message), onLead: (group, leads) => this.#onLead(group, leads) })
		this.#tabs.post({ hello: true } satisfies Message)
		this.#unlisten = this.#listen()
		void globalThis.navigator?.storage?.persisted?.().then((is) => this.#setPersisted(is || null), () => {})
	}

	join(view: View): Promise<void> {
		this.views.add(view)
		view.onDocs(this.replica.docs.keys())
		const known = this.#loads.get(view.group)
		if (known) return known
		const load = this.#load(view.group).catch((error) => void this.#degrade(error))
		this.#loads.set(view.group, load)
		this.#tabs.join(view.group)
		return load
	}

	async leave(view: View): Promise<void> {
		this.views.delete(view)
		if ([...this.views].some((other) => other.group === view.group)) return
		this.#tabs.leave(view.group)
		this.#onLead(view.group, false)
		this.#loads.delete(view.group)
		if (!this.views.size) await this.#close(new PocketbookError('destroyed', 'the atom was destroyed'))
	}

	/** Edits, as id and value; `undefined` deletes. */
	write(edits: [string, unknown][], blind: boolean): Written {
		if (this.dead) throw new PocketbookError('destroyed', 'this atom was destroyed')
		if (this.#codec) edits = edits.filter(([id, value]) => differs(this.#codec!, this.replica.shown(id), value))
		if (!edits.length) return { local: Promise.resolve(), server: Promise.resolve() }
		const put = edits.map(([id, value]) => this.replica.compose(id, value, newOp(), blind))
		const server = Promise.all(put.map((write) => this.#wait(write.op))).then(() => {})
		const local = this.commit({ put })
		// Whoever does not look at them is not to be told of an unhandled rejection: the status tells.
		local.catch(() => {})
		server.catch(() => {})
		this.#kick()
		this.#askPersist()
		return { local, server }
	}

	/** Applies a batch, tells the other tabs, stores it. Settles when it is stored. */
	commit(batch: Batch): Promise<void> {
		const applied = this.replica.apply(batch)
		const stored = this.#withCodec((codec) => {
			// What an answer says may be older than what the stream has brought since.
			const docs = batch.docs?.filter(({ id, version }) => batch.force || version >= this.replica.docs.get(id)!.version)
			const rows = toRows({ ...batch, docs }, applied.replaced, codec)
			this.#tabs.post({ rows, end: batch.end, force: batch.force } satisfies Message)
			return this.#store(rows).then(() => this.#sweep(batch.put))
		})
		// Last, so that a watch that writes comes after this write everywhere.
		this.#notify(batch, applied)
		return stored
	}

	/** Sends a refused write again. */
	retry(write: Write): void {
		this.commit({ put: [{ ...write, refused: undefined }] }).catch(() => {})
		this.#kick()
	}

	sync(): Promise<void> {
		if (this.#leading.size && this.#loop) return this.#loop.sync()
		return new Promise((resolve, reject) => {
			const sync = newOp()
			this.#asked.set(sync, { resolve, reject })
			this.#tabs.post({ sync } satisfies Message)
		})
	}

	setToken(token: Token, tell = true): void {
		this.#token = token
		if (tell && typeof token !== 'function') this.#tabs.post({ hasToken: true, token } satisfies Message)
		this.#loop?.resume()
	}

	/** Ends the session in all tabs and removes the local data. */
	async logout(force: boolean): Promise<void> {
		const unsent = [...this.replica.writes()].length
		if (unsent && !force) throw new PocketbookError('pending', `${unsent} changes have not reached the server`)
		await this.#opened.catch(() => {})
		await this.#storage.clear()
		this.#tabs.post({ logout: true } satisfies Message)
		await this.#forget()
	}

	status(): Status {
		const unsent = [...this.replica.writes()].filter((write) => !write.refused)
		const net = this.#net
		return {
			state: this.#state(net, unsent.length),
			online: !!net?.online,
			pending: new Set(unsent.map((write) => write.id)).size,
			oldestPending: unsent.length ? Math.min(...unsent.map((write) => write.at)) : null,
			lastPush: net?.lastPush ?? null,
			lastPull: net?.lastPull ?? null,
			lastError: this.degraded ?? net?.lastError ?? null,
			persisted: this.persisted,
		}
	}

	#state(net: Net | null, pending: number): State {
		if (net?.unauthorized || net?.forbidden) return 'unauthorized'
		if (this.degraded) return 'storage-degraded'
		if (net?.tried && !net.online) return 'offline'
		if (!net?.tried || net.busy || !net.current) return 'syncing'
		return pending ? 'pending' : 'synced'
	}

	// ---- The way of a batch ----

	#apply(batch: Batch): Applied {
		const applied = this.replica.apply(batch)
		this.#notify(batch, applied)
		return applied
	}

	#notify(batch: Batch, applied: Applied): void {
		for (const [op, by] of applied.replaced) this.#handOn(op, by)
		for (const { op, into, error } of batch.end ?? []) {
			if (into) this.#handOn(op, into)
			else this.#settle(op, error && new PocketbookError(error.code, error.message))
		}
		for (const { op, refused } of batch.put ?? [])
			if (refused) this.#settle(op, new PocketbookError('rejected', refused.reason, refused.status))
		if (applied.changed.size) for (const view of this.views) view.onDocs(applied.changed)
		this.#onStatus()
	}

	#wait(op: string): Promise<void> {
		return new Promise((resolve, reject) => this.#waiters.set(op, [{ resolve, reject }]))
	}

	#handOn(op: string, to: string): void {
		const waiters = this.#waiters.get(op)
		this.#waiters.delete(op)
		if (waiters) this.#waiters.set(to, [...(this.#waiters.get(to) ?? []), ...waiters])
	}

	#settle(op: string, error?: PocketbookError): void {
		for (const waiter of this.#waiters.get(op) ?? []) error ? waiter.reject(error) : waiter.resolve()
		this.#waiters.delete(op)
	}

	#withCodec<T>(job: (codec: Codec) => T | Promise<T>): Promise<T> {
		// At once where it is there: what another tab is told, and what a closing page stores, must not wait for a microtask.
		if (!this.#codec) return this.#codecReady.then(job)
		try {
			return Promise.resolve(job(this.#codec))
		} catch (error) {
			return Promise.reject(error)
		}
	}

	#onStatus(): void {
		for (const view of this.views) view.onStatus()
	}

	#kick(): void {
		if (this.#leading.size) this.#loop?.kick()
	}

	// ---- Storage ----

	#open(): Promise<void> {
		this.#isOpen = false
		const lost = () => {
			this.#isOpen = false
			this.#recover().catch(() => {})
		}
		return this.#storage.open(this.name, lost).then(() => void (this.#isOpen = true))
	}

	async #load(group: string): Promise<void> {
		await this.#opened
		const codec = await this.#codecReady
		const loaded = await this.#storage.load(group)
		const batch = fromRows(loaded, codec)
		const blind = [...this.replica.writes()].filter((write) => write.blind)
		const known = new Set([...this.replica.writes()].map((write) => write.op))
		const put = batch.put!.filter((write) => !known.has(write.op)).map((write) => under(write, blind))
		const cursors: Batch['cursors'] = loaded.cursor && !this.replica.cursors.has(group) ? [[group, loaded.cursor]] : []
		const applied = this.#apply({ ...batch, put, cursors })
		const seeing = blind.filter((write) => write.id.startsWith(group + ':')).map((write) => this.#seeing(write))
		if (seeing.length || applied.replaced.length) void this.commit({ put: seeing, end: [] }).catch(() => {})
		if (applied.replaced.length) void this.#store({ supersede: applied.replaced.map(([op]) => op) }).catch(() => {})
		this.#kick()
	}

	/** A write made before its document was loaded: it was made on this device, after what the device had kept. */
	#seeing(write: Write): Write {
		const chain = this.replica.of(write.id)
		const now = chain.find((other) => other.op === write.op)
		if (!now || now.sent) return now ?? write
		const { version, value } = this.replica.docs.get(write.id)!
		const base = now.base || value === undefined ? now.base : version
		return { ...now, base, was: base === now.base ? now.was : value, blind: undefined }
	}

	#store(rows: Rows): Promise<void> {
		// At once where the storage is open: a page that is being closed has no later.
		const opened = this.degraded ? Promise.reject(this.degraded) : this.#opened
		const stored = this.#isOpen ? this.#storage.write(rows) : opened.then(() => this.#storage.write(rows))
		// Once more with all that is in memory, which includes these rows: the connection may be lost, or the database be gone.
		const safe = stored.catch(() => this.#recover())
		this.#storing.add(safe)
		const done = () => void this.#storing.delete(safe)
		safe.then(done, done)
		return safe
	}

	/** Rows that were stored after another tab had already done away with them. */
	#sweep(put: Write[] = []): void {
		const gone = put.filter(({ op, id }) => !this.replica.of(id).some((write) => write.op === op)).map((write) => write.op)
		const drop = gone.filter((op) => this.replica.ended.has(op))
		if (gone.length && !this.dead) this.#store({ drop, supersede: gone }).catch(() => {})
	}

	#recover(): Promise<void> {
		if (this.dead) return Promise.resolve()
		return (this.#recovering ??= this.#replay())
	}

	async #replay(): Promise<void> {
		const codec = await this.#codecReady
		try {
			await (this.#opened = this.#open())
			// What comes from here on is not among the rows.
			this.#recovering = undefined
			await this.#storage.write(this.#everything(codec))
			this.degraded = null
			this.#onStatus()
		} catch (error) {
			this.#recovering = undefined
			throw this.#degrade(error)
		}
	}

	#everything(codec: Codec): Rows {
		const { docs, conflicts, cursors, ended } = this.replica
		const all = [...docs].map(([id, doc]) => ({ id, version: doc.version, value: doc.value }))
		const batch: Batch = { docs: all, put: [...this.replica.writes()], conflicts: [...conflicts.values()], cursors: [...cursors] }
		return { ...toRows(batch, [], codec), drop: [...ended] }
	}

	/** From here on the data is in memory alone; each further write tries the storage anew. */
	#degrade(cause: unknown): PocketbookError {
		const full = (cause as Error)?.name === 'QuotaExceededError'
		const error = full
			? new PocketbookError('quota', 'there is no room left on this device: changes are kept in memory until they are sent')
			: new PocketbookError('storage', `local storage does not work: ${(cause as Error)?.message ?? cause}`)
		this.#opened.catch(() => {})
		this.#isOpen = false
		this.degraded = error
		this.#onStatus()
		return error
	}

	#askPersist(): void {
		if (this.#asksPersist || this.persisted) return
		this.#asksPersist = true
		void globalThis.navigator?.storage?.persist?.().then((is) => this.#setPersisted(is), () => {})
	}

	#setPersisted(is: boolean | null): void {
		this.persisted = is
		this.#onStatus()
	}

	// ---- Leading ----

	#start(codec: Codec): void {
		this.#codec = codec
		if (this.dead) return
		const host: Host = {
			replica: this.replica,
			codec,
			leads: this.#leading,
			interval: () => Math.min(...[...this.views].map((view) => view.interval)),
			token: async () => (typeof this.#token === 'function' ? this.#token() : this.#token),
			commit: (batch) => this.commit(batch),
			merge: (id) => [...this.views].find((view) => view.merge && id.startsWith(view.group + ':'))?.merge,
			newOp,
			onNet: () => this.#tellNet(),
		}
		this.#loop = new Loop(host, this.url)
	}

	#onLead(group: string, leads: boolean): void {
		if (!leads) {
			if (this.#leading.delete(group)) this.#loop?.regroup()
			return
		}
		void this.#takeOver(group).finally(() => {
			if (!this.#tabs.leads.has(group)) return
			this.#leading.add(group)
			this.#loop?.regroup()
			for (const [id, waiter] of this.#asked) this.sync().then(waiter.resolve, waiter.reject), this.#asked.delete(id)
		})
	}

	/** A leader starts from the stored cursor: what its predecessor told it of may never have been stored. */
	async #takeOver(group: string): Promise<void> {
		await Promise.race([this.#loads.get(group) ?? this.#opened, new Promise((done) => setTimeout(done, 2000))]).catch(() => {})
		if (this.degraded || !this.#storage.cursor) return
		const cursor = await this.#storage.cursor(group).catch(() => undefined)
		cursor === undefined ? this.replica.cursors.delete(group) : this.replica.cursors.set(group, cursor)
	}

	#tellNet(): void {
		if (!this.#loop || !this.#leading.size) return
		this.#net = this.#loop.net
		const { lastError, ...net } = this.#net
		this.#tabs.post({ net: { ...net, error: plainError(lastError) } } satisfies Message)
		this.#onStatus()
	}

	#listen(): () => void {
		const page = globalThis.window
		if (!page?.addEventListener) return () => {}
		const wake = () => document.visibilityState === 'visible' && this.#loop?.wake(false)
		const online = () => this.#loop?.wake(true)
		const offline = () => this.#leading.size && this.#loop?.offline()
		const events: [string, () => unknown][] = [['online', online], ['offline', offline], ['pageshow', wake], ['focus', wake]]
		for (const [name, listener] of events) page.addEventListener(name, listener)
		document.addEventListener('visibilitychange', wake)
		return () => {
			for (const [name, listener] of events) page.removeEventListener(name, listener)
			document.removeEventListener('visibilitychange', wake)
		}
	}

	// ---- Other tabs ----

	#onMessage(message: Message): void {
		if (message.rows) void this.#withCodec((codec) => this.#onRows(message, codec)).catch(() => {})
		if (message.net && !this.#leading.size) this.#onNet(message.net)
		if (message.hello) this.#tellNet()
		if (message.sync && this.#leading.size) this.#answerSync(message.sync)
		if (message.synced) this.#onSynced(message.synced, message.error)
		if (message.hasToken) this.setToken(message.token, false)
		if (message.logout) void this.#forget()
	}

	#onRows({ rows, end, force }: Message, codec: Codec): void {
		const { replaced } = this.#apply({ ...fromRows(rows!, codec), end, force })
		if (!this.#leading.size) return
		if (replaced.length) void this.#store({ supersede: replaced.map(([op]) => op) }).catch(() => {})
		if (rows!.put?.length) this.#kick()
	}

	#onNet({ error, ...net }: NonNullable<Message['net']>): void {
		this.#net = { ...net, lastError: error && new PocketbookError(error.code, error.message, error.status) }
		this.#onStatus()
	}

	#answerSync(synced: string): void {
		const answer = (error: PocketbookError | null) => this.#tabs.post({ synced, error: plainError(error) } satisfies Message)
		this.#loop?.sync().then(() => answer(null), answer)
	}

	#onSynced(id: string, error: Message['error']): void {
		const waiter = this.#asked.get(id)
		this.#asked.delete(id)
		error ? waiter?.reject(new PocketbookError(error.code, error.message, error.status)) : waiter?.resolve()
	}

	// ---- The end ----

	async #forget(): Promise<void> {
		const ids = [...this.replica.docs.keys()]
		this.replica.clear()
		for (const view of this.views) view.onDocs(ids)
		await this.#close(new PocketbookError('destroyed', 'this user has logged out'))
		this.#onStatus()
	}

	async #close(reason: PocketbookError): Promise<void> {
		if (this.dead) return
		this.dead = true
		sessions.delete(this)
		this.#loop?.stop()
		this.#unlisten()
		this.#tabs.close()
		for (const op of [...this.#waiters.keys()]) this.#settle(op, reason)
		for (const waiter of this.#asked.values()) waiter.reject(reason)
		await this.#opened.catch(() => {})
		await Promise.allSettled(this.#storing)
		this.#storage.close()
	}
}

/** Throws where the codec cannot write the value. */
function differs(codec: Codec, before: unknown, after: unknown): boolean {
	if (after === undefined || before === undefined) return after !== before && (after === undefined || !!codec.encode(after))
	return codec.encode(after) !== codec.encode(before)
}

function newOp(): string {
	return Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** A stored write that would come after a blind one (the clock was set back) goes under it. */
function under(write: Write, blind: Write[]): Write {
	const newer = blind.find((other) => other.id === write.id && other.n <= write.n)
	return newer ? { ...write, n: newer.n - 1 } : write
}

function plainError(error: PocketbookError | null): Message['error'] & ({} | null) {
	return error && { code: error.code, message: error.message, status: error.status }
}
