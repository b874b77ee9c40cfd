// `pocketbook/history`: who wrote a document, its former versions, undo and redo.
// Importing it adds them to the client. Apps without them do not load it.
import { SyncedAtom } from './atom.js'
import { same } from './codec.js'
import { extension } from './extension.js'
import type { Session } from './session.js'
import type { More } from './writes.js'
import { type Docs, PocketbookError, type Written } from './types.js'

/** Who wrote a version of a document, and when by the server's clock. */
export interface Meta {
	version: number
	/** The user; null if unknown. */
	by: string | null
	/** null: not known. */
	at: Date | null
	/** It is of this device and not known to be on the server; with the option
	 * `meta`. `version` is the one that it was made on. */
	unsent?: true
}

/** A version of a document. */
export interface Version<V = unknown> extends Meta {
	/** undefined: the document was deleted, or this version is damaged. */
	value: V | undefined
	damaged: boolean
}

/** Versions of a document, newest first. `more`: there are older ones. */
export interface History<V = unknown> { versions: Version<V>[]; more: boolean }

/**
 * An undo or redo would overwrite what was written since: `value`, which is `version`
 * of the document `id` as this device knows it.
 */
export class ChangedSince extends PocketbookError {
	constructor(readonly id: string, readonly version: number, readonly value: unknown) {
		super('changed-since', `${id} has changed since: it has version ${version}`)
		this.name = 'ChangedSince'
	}
}

declare module './atom.js' {
	interface SyncedAtom<V> {
		/**
		 * Who wrote the document, and when; undefined: there is none. It asks
		 * the server, unless the option `meta` has kept it on this device.
		 */
		meta(id: string): Promise<Meta | undefined>
		/**
		 * Asks the server for versions of a document, newest first; `before`:
		 * only those below this one.
		 */
		history(id: string, options?: { before?: number; limit?: number }): Promise<History<V>>
		/** Writes a former version again, as a new one. */
		revert(id: string, version: number): Promise<Written>
		/**
		 * Takes back the last change made with this atom. Resolves with
		 * the result of the write, or undefined: there is nothing to undo.
		 * Rejects with ChangedSince if a document was written by another user
		 * since, unless forced.
		 */
		undo(options?: { force?: boolean }): Promise<Written | undefined>
		/** Does again what was undone last, likewise. */
		redo(options?: { force?: boolean }): Promise<Written | undefined>
		readonly canUndo: boolean
		readonly canRedo: boolean
	}
}

/** Changes that an atom remembers. */
const MOST = 100
/** Milliseconds for a response. */
const TIMEOUT = 30_000

/** What the session of an atom has for requests; see session.ts. */
function sessionOf(atom: SyncedAtom<any>) {
	const { session } = atom as unknown as { session: Session }
	const { url, codecReady, options, replica, persistence } = session
	return { url, codecReady, options, replica, persistence, token: () => session.token(), versionOf: (id: string) => replica.docs.get(id)?.version ?? 0 }
}

// ---- What the server knows ----

async function ask(atom: SyncedAtom<any>, query: Record<string, string>): Promise<any> {
	const { url, codecReady, token, options } = sessionOf(atom)
	const codec = await codecReady
	const headers: Record<string, string> = { Accept: codec.type }
	const secret = await token()
	if (secret) headers.Authorization = `Bearer ${secret}`
	if (options.schema) query.schema = `${options.schema}`
	const response = await fetch(`${url}history?${new URLSearchParams(query)}`, { headers, cache: 'no-store', signal: AbortSignal.timeout(TIMEOUT) }).catch(() => {
		throw new PocketbookError('offline', 'server is unreachable')
	})
	const text = await response.text()
	const problem = response.ok ? undefined : parsed(() => JSON.parse(text))
	if (!response.ok) throw new PocketbookError(problem?.code ?? 'protocol', problem?.detail ?? `HTTP ${response.status}`, response.status)
	const answer = parsed(() => codec.read(text))
	if (!Array.isArray(answer?.versions)) throw new PocketbookError('protocol', 'not a Pocketbook server')
	return answer
}

function parsed(read: () => any): any {
	try {
		return read()
	} catch {
		return undefined
	}
}

SyncedAtom.prototype.history = async function (id, { before, limit } = {}) {
	const query: Record<string, string> = { id }
	if (before) query.before = `${before}`
	if (limit) query.limit = `${limit}`
	const { versions, more } = await ask(this, query)
	return {
		versions: versions.map(({ version, by, at, value, deleted, damaged }: any) => ({
			version, by, at: at ? new Date(at) : null, value: deleted || damaged ? undefined : value, damaged: !!damaged,
		})),
		more,
	}
}

SyncedAtom.prototype.meta = async function (id) {
	const kept = await keptMeta(this, id)
	if (kept) return kept
	const { versions: [newest] } = await this.history(id, { limit: 1 })
	return newest && { version: newest.version, by: newest.by, at: newest.at }
}

SyncedAtom.prototype.revert = async function (id, version) {
	const { versions: [found] } = await this.history(id, { before: version + 1, limit: 1 })
	if (found?.version !== version || found.damaged) throw new PocketbookError('not-found', `${id} has no version ${version}`)
	return this.change([[id, found.value]])
}

// ---- What the device knows ----

/** The key among the cursors. No group has such a name. */
const keyOf = (id: string) => id + '\n\n\n'

extension.meta = (docs) => docs.flatMap(({ id, version, by, at }): [string, string][] => (at === undefined ? [] : [[keyOf(id), JSON.stringify([version, by, at])]]))

/** With the version: another one than that of the document says nothing. */
async function keptMeta(atom: SyncedAtom<any>, id: string): Promise<Meta | undefined> {
	const { options, replica, persistence, versionOf } = sessionOf(atom)
	if (!options.meta) return undefined
	await atom.ready
	const key = keyOf(id)
	const stored = async () => persistence.store.cursor?.(key)
	const text = replica.cursors.get(key) ?? (await stored().catch(() => undefined))
	if (replica.of(id).length) return { version: versionOf(id), by: atom.user, at: null, unsent: true }
	const [version, by, at] = JSON.parse(text ?? '[]')
	return version && version === versionOf(id) ? { version, by, at: at && new Date(at) } : undefined
}

// ---- Undo ----

/** Documents with their values before and after a change. */
type Change = [id: string, before: unknown, after: unknown][]
interface Past { done: Change[]; undone: Change[] }

const pasts = new WeakMap<object, Past>()
const pastOf = (atom: object): Past => {
	const past = pasts.get(atom) ?? { done: [], undone: [] }
	pasts.set(atom, past)
	return past
}

const { reset } = SyncedAtom.prototype
SyncedAtom.prototype.reset = function (docs: Docs<any>, more?: More): Written {
	const before = this.deref()
	let change: Change = []
	const written = reset.call(this, docs, (edits, host) => {
		change = edits.map(([id, value]) => [id, before.get(id), value])
		return more?.(edits, host) ?? {}
	})
	const past = pastOf(this)
	if (change.length) {
		past.done = [...past.done, change].slice(-MOST)
		past.undone = []
	}
	return written
}

/** Brings documents from the values on one side of a change to those on the other. */
async function step(atom: SyncedAtom<any>, from: 'done' | 'undone', force: boolean): Promise<Written | undefined> {
	const { codecReady, versionOf } = sessionOf(atom)
	const codec = await codecReady
	const change = pastOf(atom)[from].at(-1)
	if (!change) return undefined
	const sides = change.map(([id, before, after]) => (from === 'done' ? [id, after, before] : [id, before, after])) as Change
	const docs = atom.deref()
	for (const [id, now] of sides) {
		const shown = docs.get(id)
		if (!force && shown !== now && !same(codec, shown, now)) throw new ChangedSince(id, versionOf(id), shown)
	}
	const after = new Map(docs)
	for (const [id, , value] of sides) value === undefined ? after.delete(id) : after.set(id, value)
	const past = pastOf(atom)
	const written = reset.call(atom, after)
	past[from].pop()
	past[from === 'done' ? 'undone' : 'done'].push(change)
	return written
}

SyncedAtom.prototype.undo = function ({ force = false } = {}) {
	return step(this, 'done', force)
}

SyncedAtom.prototype.redo = function ({ force = false } = {}) {
	return step(this, 'undone', force)
}

Object.defineProperties(SyncedAtom.prototype, {
	canUndo: { get(this: object) { return pastOf(this).done.length > 0 } },
	canRedo: { get(this: object) { return pastOf(this).undone.length > 0 } },
})
