// The session that all atoms of one server and user share in this tab: it creates the
// parts (writes, persistence, leader, network) and connects them.
import { codecOf } from './codec.js'
import type { Settings } from './conflict.js'
import { TIMEOUT } from './http.js'
import { Leader, type LeaderHost } from './leader.js'
import type { Message } from './message.js'
import { Network, type NetworkHost } from './network.js'
import { inTime } from './pending.js'
import { Persistence, type PersistenceHost } from './persistence.js'
import { Replica } from './replica.js'
import { IndexedStorage, memoryStorage } from './storage.js'
import { type Codec, type Options, PocketbookError, type Token } from './types.js'
import { type Swap, Writes, type WritesHost } from './writes.js'

/** How an atom is bound to a session. */
export interface Binding extends Settings {
	group: string
	interval: number
	/** Settles when the local data of the group is loaded. Set by the session. */
	ready?: Promise<void>
	/**
	 * Documents look different, `swap` if it has made them so. Some ids may be of
	 * other groups. `part` of an opening is shown when it is whole; then it is
	 * false.
	 */
	onDocs(ids: Iterable<string>, swap?: Swap, part?: boolean): void
	notify(): void
}

const sessions = new Set<Session>()

export class Session implements PersistenceHost, WritesHost, LeaderHost, NetworkHost {
	replica = new Replica()
	codec!: Codec
	codecReady: Promise<Codec>
	/** Set when the session has ended. */
	dead?: PocketbookError
	readonly persistence: Persistence
	readonly outbox: Writes = new Writes(this)
	readonly leader: Leader = new Leader(this)
	readonly network: Network = new Network(this)
	#channel?: BroadcastChannel
	#bindings: Binding[] = []
	#token: Token

	/** The session for these options: one for each server, user, codec and
	 * storage. */
	static of(options: Options<any>): Session {
		const url = new URL(options.url || '/', globalThis.location?.href).href.replace(/\/*$/, '/')
		const codec: any = options.codec ?? 'json'
		const name = `pocketbook ${url} ${options.user ?? ''} ${codec.name ?? codec}`
		for (const session of sessions)
			if (session.name === name && session.options.storage === options.storage && session.options.schema === options.schema) {
				if (options.token !== undefined) session.setToken(options.token, false)
				return session
			}
		return new Session(name, url, options)
	}

	private constructor(readonly name: string, readonly url: string, readonly options: Options<any>) {
		const { storage } = options
		const codec = codecOf(options.codec)
		sessions.add(this)
		this.#token = options.token
		if (!(codec instanceof Promise)) this.codec = codec
		this.codecReady = Promise.resolve(codec).then((ready) => this.#start(ready))
		this.persistence = new Persistence(typeof storage === 'object' ? storage : storage === 'memory' ? memoryStorage : new IndexedStorage(), this)
		this.codecReady.catch((error) => this.persistence.degrade(error))
		try {
			this.#channel = new BroadcastChannel(name)
			this.#channel.onmessage = ({ data }) => this.#onMessage(data)
			this.post({ hello: true })
		} catch {
			// There is none, or it is denied, as storage and locks are
			// then.
		}
	}

	// ---- For the atoms ----

	join(binding: Binding): Promise<void> {
		const { group } = binding
		const first = this.#bindingOf(group)
		this.#bindings.push(binding)
		binding.ready = first?.ready ?? this.outbox.load(group)
		// Nothing is shown until all is loaded.
		binding.onDocs(this.replica.docs.keys(), undefined, this.outbox.loading.has(group))
		if (!first) {
			this.network.onJoin(group)
			this.leader.join(group)
		}
		return binding.ready
	}

	async leave(binding: Binding): Promise<void> {
		this.#bindings = this.#bindings.filter((other) => other !== binding)
		const { group } = binding
		if (this.#bindingOf(group)) return
		this.leader.leave(group)
		this.network.left(group, new PocketbookError('destroyed', 'atom destroyed'))
		if (!this.#bindings.length) await this.#close('atom destroyed')
	}

	setToken(token: Token, tell = true): void {
		this.#token = token
		if (tell && typeof token !== 'function') this.post({ token: [token] })
		this.network.loop?.resume()
	}

	/** Ends the session in all tabs and removes the local data. */
	async logout(force: boolean): Promise<void> {
		const unsent = this.replica.waiting().length
		if (unsent && !force) throw new PocketbookError('pending', `${unsent} unsent writes`)
		await this.persistence.clear()
		this.post({ logout: true })
		await this.#forget()
	}

	// ---- For the parts ----

	interval(): number {
		return Math.min(...this.#bindings.map((binding) => binding.interval))
	}

	async token(): Promise<string | undefined> {
		if (typeof this.#token !== 'function') return this.#token
		return inTime(TIMEOUT, Promise.resolve(this.#token()), new PocketbookError('offline', 'token is late'))
	}

	optionsOf(id: string): Binding[] {
		return this.#bindings.filter(({ group }) => id.startsWith(group + ':'))
	}

	loaded(group: string): Promise<void> {
		return this.#bindingOf(group)?.ready ?? this.persistence.opened
	}

	/** Sends a message to the other tabs. */
	post(message: Message): void {
		if (!this.dead) this.#channel?.postMessage(message)
	}

	onDocs(ids: Iterable<string>, swap?: Swap, part?: boolean): void {
		for (const binding of this.#bindings) binding.onDocs(ids, swap, part)
	}

	notify(): void {
		for (const binding of this.#bindings) binding.notify()
	}

	// ---- Start and end ----

	#bindingOf(group: string): Binding | undefined {
		return this.#bindings.find((binding) => binding.group === group)
	}

	#start(codec: Codec): Codec {
		this.codec = codec
		if (!this.dead) this.network.start()
		return codec
	}

	#onMessage(message: Message): void {
		const { rows, token } = message
		this.leader.receive(message)
		if (rows) this.outbox.receive(rows, message)
		this.network.receive(message)
		if (token) this.setToken(token[0], false)
		if (message.logout) void this.#forget()
	}

	async #forget(): Promise<void> {
		const ids = [...this.replica.docs.keys()]
		this.replica.clear()
		this.onDocs(ids)
		await this.#close('logged out', true)
		this.notify()
	}

	async #close(why: string, empty?: boolean): Promise<void> {
		if (this.dead) return
		this.dead = new PocketbookError('destroyed', why)
		sessions.delete(this)
		this.leader.close()
		this.network.close(this.dead)
		this.#channel?.close()
		this.outbox.close(this.dead)
		await this.persistence.close(empty)
	}
}
