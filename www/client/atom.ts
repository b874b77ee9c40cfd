// The synced atom: the public face of the library.
import { look } from './doc.js'
import { changed, checkGroup, difference, opened, put } from './docs.js'
import { pullTime, rights } from './replica.js'
import { type Binding, Session } from './session.js'
import { sameText, stable, statusOf } from './status.js'
import { type Cache, type Conflict, type DocWatch, type Docs, type Options, PocketbookError, type Rejected, type Status, type Watch, type Written } from './types.js'
import type { More, Swap } from './writes.js'

/** Milliseconds between polls. */
const INTERVAL = 30_000

/**
 * The documents of one group, stored on this device and synchronized with the server
 * and all its other clients.
 */
export class SyncedAtom<V = any> {
	/**
	 * Resolves when the local data is loaded. It never rejects: `status` has the
	 * error.
	 */
	readonly ready: Promise<void>
	/**
	 * Resolves when the group was completely pulled once, now or at an earlier
	 * visit. Rejects when the atom ends before that.
	 */
	readonly synced: Promise<void>
	/** The named updates. */
	readonly updates: Options<V>['updates']
	// Not private to the class: the inspector looks in.
	private session: Session
	private binding: Binding
	#cache?: Cache<V>
	#group: string
	#loaded = false
	#shown: Docs<V>
	/** What an opening has loaded: it is shown as a whole. Values may have to be
	 * decoded yet. */
	#next?: Map<string, V>
	#watches = new Map<unknown, Watch<V>>()
	#docWatches = new Map<string, Set<DocWatch<V>>>()
	#statusListeners = new Set<(status: Status) => void>()
	#status?: Status
	#conflicts?: readonly Conflict<V>[]
	#rejected?: readonly Rejected<V>[]
	/** What the listeners know. */
	#told?: unknown[]
	#onSynced!: (error?: PocketbookError) => void

	constructor(options: Options<V> = {} as Options<V>) {
		const { group, cache, interval } = options
		checkGroup(group)
		this.updates = options.updates
		this.#group = group
		this.#cache = cache
		this.#shown = cache?.deref() ?? new Map()
		this.synced = new Promise((resolve, reject) => (this.#onSynced = (error) => (error ? reject(error) : resolve())))
		this.synced.catch(() => {})
		// A reset of the cache by others is a swap.
		cache?.addWatch(this, (_key, _cache, _before, after) => after !== this.#shown && this.reset(after))
		this.session = Session.of(options)
		this.binding = {
			...options,
			interval: interval! > 0 ? interval! : INTERVAL,
			onDocs: (...args) => this.#onDocs(...args),
			notify: () => this.#onStatus(),
		}
		this.ready = this.session.join(this.binding).then(() => void (this.#loaded = true))
	}

	/** The current documents. Bound. */
	deref = (): Docs<V> => this.#shown

	/** Sets the documents to `f(documents, ...args)` and writes the differences. */
	swap<A extends unknown[]>(f: (docs: Docs<V>, ...args: A) => Docs<V>, ...args: A): Written {
		return this.reset(f(this.#shown, ...args))
	}

	/** `more` is for `pocketbook/updates`. */
	reset(docs: Docs<V>, more?: More): Written {
		const edits = difference(this.#group, this.#shown, docs)
		return this.session.outbox.write(edits, !this.#loaded, { before: this.#shown, after: docs }, more)
	}

	/**
	 * Writes entries of id and value, without making a map; `undefined` removes a
	 * document.
	 */
	change(entries: Iterable<readonly [id: string, value: V | undefined]>): Written {
		return this.reset(changed(this.#shown, [...entries] as [string, V | undefined][]))
	}

	/** Calls `watch(key, atom, before, after, ids)` after each change, local or
	 * remote. */
	addWatch(key: unknown, watch: Watch<V>): this {
		this.#watches.set(key, watch)
		return this
	}

	removeWatch(key: unknown): this {
		this.#watches.delete(key)
		return this
	}

	/**
	 * Calls `f(value, before)` after each change of one document. Returns a
	 * function that ends this.
	 */
	watchDoc(id: string, f: DocWatch<V>): () => void {
		const watch: DocWatch<V> = (...values) => f(...values)
		const all = this.#docWatches.get(id) ?? new Set()
		this.#docWatches.set(id, all.add(watch))
		return () => void (all.delete(watch) && (all.size || this.#docWatches.delete(id)))
	}

	/**
	 * Calls `f` with the documents, now and after each change. Returns a function
	 * that ends this (Svelte's store contract). Bound.
	 */
	subscribe = (f: (docs: Docs<V>) => void): (() => void) => {
		const key = {}
		// The present documents: another watch may have swapped since.
		this.addWatch(key, () => f(this.#shown))
		f(this.#shown)
		return () => void this.removeWatch(key)
	}

	get status(): Status {
		return (this.#status = stable(this.#status, statusOf(this.session, this.#group), sameText))
	}

	/** The user of the token, or null if the server has not said so. */
	get user(): string | null {
		return this.#rights[0]
	}

	/** False if the token may not write in the group. */
	get writable(): boolean {
		return this.#rights[1] !== false
	}

	get #rights(): [user: string | null, write?: boolean] {
		return JSON.parse(this.session.replica.cursors.get(rights(this.#group)) ?? '[null]')
	}

	/**
	 * Calls `f` after each change of the status, the conflicts, the rejected
	 * writes, `user` or `writable`. Returns a function that ends this. Bound.
	 */
	onStatus = (f: (status: Status) => void): (() => void) => {
		if (!this.#statusListeners.size) this.#look()
		const listener = (status: Status) => f(status)
		this.#statusListeners.add(listener)
		return () => void this.#statusListeners.delete(listener)
	}

	/** Local values that lost against the server's, oldest first. */
	get conflicts(): readonly Conflict<V>[] {
		const mine = [...this.session.replica.conflicts.values()].filter(({ id }) => this.#covers(id)) as Conflict<V>[]
		return (this.#conflicts = stable(this.#conflicts, mine.sort((a, b) => a.at - b.at)))
	}

	/** Writes the local value of a conflict over the present one. */
	restore(key: string): Written {
		const { id, mine } = this.#conflict(key)
		const written = this.change([[id, mine]])
		this.dismiss(key)
		return written
	}

	/** Removes a conflict. */
	dismiss(key: string): void {
		this.#conflict(key)
		void this.session.outbox.record({ forget: [key] })
	}

	/** Writes that the server has rejected. */
	get rejected(): readonly Rejected<V>[] {
		const known = (id: string) => this.#rejected?.find((one) => one.id === id)
		const now = this.#refused().map(({ id, value, at, tx, refused }) => stable(known(id), { id, value: value as V, at, tx, ...refused! }))
		return (this.#rejected = stable(this.#rejected, now))
	}

	/** Sends a rejected write again. */
	retry(id: string): void {
		for (const write of this.#refused(id)) void this.session.outbox.record({ put: [{ ...write, refused: undefined }] })
	}

	/** Discards a rejected write: the document shows the server's value. */
	discard(of: string): void {
		for (const { op, id } of this.#refused(of)) {
			const error = { code: 'discarded', message: `discarded ${id}` }
			void this.session.outbox.record({ end: [{ op, id, error }] })
		}
	}

	/** Exchanges everything with the server now; rejects if that fails. */
	sync(): Promise<void> {
		return this.session.network.sync(this.#group)
	}

	/**
	 * Sets the token in all tabs. A sync loop that is paused by a rejected token
	 * resumes.
	 */
	setToken(token: Options['token']): void {
		this.session.setToken(token)
	}

	/**
	 * Removes the local data of this server and user, in all tabs. Rejects with
	 * `pending` if there are unsent writes, unless forced.
	 */
	logout({ force = false } = {}): Promise<void> {
		return this.session.logout(force)
	}

	/** Ends this atom. Its unsent writes stay on the device. */
	destroy(): Promise<void> {
		this.#watches.clear()
		this.#docWatches.clear()
		this.#statusListeners.clear()
		this.#onSynced(new PocketbookError('destroyed', 'atom destroyed'))
		this.#cache?.removeWatch?.(this)
		return this.session.leave(this.binding)
	}

	#covers(id: string): boolean {
		return id.startsWith(this.#group + ':')
	}

	#conflict(key: string): Conflict<V> {
		const conflict = this.conflicts.find((one) => one.key === key)
		if (!conflict) throw new RangeError(`pocketbook: no conflict ${key}`)
		return conflict
	}

	#refused(id?: string) {
		return this.session.replica.waiting().filter((write) => write.refused && this.#covers(write.id) && (!id || id === write.id))
	}

	/** Documents look different in the replica. */
	#onDocs(found: Iterable<string>, swap?: Swap, part?: boolean): void {
		const { replica, outbox } = this.session
		// Another group's opening may end before that of this one.
		const isPart = part || (part === false && outbox.loading.has(this.#group))
		const ids: string[] = []
		for (const id of found) {
			if (!this.#covers(id)) continue
			if (isPart) this.#next ??= new Map(this.#shown)
			else ids.push(id)
			if (this.#next) put(this.#next, id, replica.raw(id) as V | undefined)
		}
		if (isPart) return
		const next = this.#next
		const value = (id: string) => replica.shown(id) as V | undefined
		if (swap?.before === this.#shown) return this.#show(swap.after, ids)
		if (part === false && next) return this.#showAll(next)
		const differ = ids.filter((id) => this.#shown.get(id) !== value(id))
		if (differ.length) this.#show(changed(this.#shown, differ.map((id) => [id, value(id)])), differ)
	}

	/** All that was loaded, at the least cost for each document. */
	#showAll(docs: Map<string, V>): void {
		const ids: string[] = []
		const before = this.#shown
		docs.forEach((value, id) => (before.has(id) && before.get(id) === look(value)) || ids.push(id))
		for (const id of before.keys()) docs.has(id) || ids.push(id)
		this.#next = undefined
		if (ids.length) this.#show(opened(docs), ids)
	}

	#show(docs: Docs<V>, ids: readonly string[]): void {
		const before = this.#shown
		if (docs === before) return
		this.#shown = docs
		this.#cache?.reset(docs)
		for (const [key, watch] of [...this.#watches]) guarded(() => watch(key, this, before, docs, ids))
		if (this.#docWatches.size) for (const id of ids) for (const watch of [...(this.#docWatches.get(id) ?? [])]) guarded(() => watch(docs.get(id), before.get(id)))
	}

	#onStatus(): void {
		const { dead, replica } = this.session
		if (dead || replica.cursors.has(pullTime(this.#group))) this.#onSynced(dead)
		if (!this.#statusListeners.size || !this.#look()) return
		const told = this.#told
		// A listener may cause a change, of which all have been told then.
		for (const listener of [...this.#statusListeners]) if (this.#told === told) guarded(() => listener(this.#status!))
	}

	/** True if anything differs from what the listeners know. */
	#look(): boolean {
		const before = this.#told
		this.#told = stable(before, [this.status, this.conflicts, this.rejected, ...this.#rights])
		return this.#told !== before
	}
}

/**
 * A callback that throws must prevent neither other callbacks nor the storing of a
 * write.
 */
function guarded(f: () => void): void {
	try {
		f()
	} catch (error) {
		// Node and older browsers do not have it.
		;(globalThis.reportError ?? console.error)(error)
	}
}
