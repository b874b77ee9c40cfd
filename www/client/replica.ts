// The documents in memory and the writes that the server does not have yet: a state
// machine without input or output. Every change of it is a Batch. The same batch is
// applied here, in the other tabs and (as rows) in the storage. Batches of several tabs
// may arrive in any order; all tabs come to the same state.
import { Doc, look } from './doc.js'
import type { PlainError, Refusal } from './types.js'

export interface Write {
	op: string
	id: string
	n: number
	/**
	 * The version that the edit is based on, and its value; 0 and undefined for a
	 * new document.
	 */
	base: number
	was: unknown
	/** undefined: a deletion. */
	value: unknown
	at: number
	sent?: boolean
	refused?: Refusal
	/**
	 * The number of writes in its transaction, then an id of that: they are sent in
	 * one push, or wait.
	 */
	tx?: string
	/** The named updates that make `value` of `was`, to be run again on another
	 * value. */
	steps?: Step[]
	/** Conflicts in a row so far. */
	tries?: number
}

/** A named update and its arguments, as the codec's text. */
export type Step = [name: string, ...args: string[]]

export interface ServerDoc {
	id: string
	version: number
	value: unknown
	/** The server has lost the value: `value` is that of this device. */
	damaged?: boolean
}

export interface End {
	op: string
	id: string
	/**
	 * The server has made `version` of a write based on `base`. It is among the
	 * batch's `docs`.
	 */
	took?: { base: number; version: number }
	error?: PlainError
	/** The write with the merged value. */
	into?: string
}

/** See `Conflict` in types.ts. */
export interface ConflictNote { key: string; id: string; base: unknown; mine: unknown; theirs: unknown; at: number }

export interface Batch {
	docs?: ServerDoc[]
	/**
	 * Documents count even if their version is not greater: after a reset, or if
	 * purged.
	 */
	force?: boolean
	put?: Write[]
	end?: End[]
	conflicts?: ConflictNote[]
	forget?: string[]
	cursors?: [group: string, cursor: string][]
}

export interface Applied {
	/** Documents whose shown value has changed. */
	changed: Set<string>
	/** Unsent writes and the newer ones that replace them. */
	replaced: [op: string, by: string][]
}

/** The writes of a transaction have the same place in the chains of all documents. */
const key = ({ tx, op }: Write) => tx ?? op
const later = (a: Write, b: Write) => a.n > b.n || (a.n === b.n && key(a) > key(b))

/**
 * True if the newer of two neighbours in a chain takes the place of the older. Updates
 * and transactions are kept as they are: later writes queue behind them.
 */
export function replaces(newer: Write, { sent, tx, steps }: Write): boolean {
	return !(sent || tx || steps || newer.steps)
}

/** An id that no other write has on any device. */
export function newOp(): string {
	return crypto.getRandomValues(new Uint32Array(3)).join('-')
}

/** An id for a new document of the group. Works on insecure origins too. */
export function newId(group: string): string {
	return `${group}:${newOp()}`
}

/**
 * The key, among the cursors, of the time of the last complete pull. No group has such
 * a name.
 */
export function pullTime(group: string): string {
	return group + '\n'
}

/** The same, of the user of the token and whether it may write. */
export function rights(group: string): string {
	return group + '\n\n'
}

/** The version to base a write on: 0 if the document does not exist. */
export function baseOf(doc?: Partial<ServerDoc>): number {
	return doc?.value === undefined && !doc?.damaged ? 0 : doc.version!
}

export class Replica {
	docs = new Map<string, Doc>()
	cursors = new Map<string, string>()
	conflicts = new Map<string, ConflictNote>()
	/**
	 * Ops of writes that ended: a copy that is read from the storage later is
	 * ignored.
	 */
	ended = new Set<string>()
	/** Documents that are damaged on the server. */
	damaged = new Set<string>()
	/** Documents with local writes. */
	#written = new Set<string>()
	#clock = 0

	/** The value that the atom shows: of the newest local write, or the
	 * server's. */
	shown(id: string): unknown {
		return look(this.raw(id))
	}

	/** The same; or the document, if its value has to be decoded yet. */
	raw(id: string): unknown {
		const doc = this.docs.get(id)
		return doc && (doc.chain.length ? doc.chain.at(-1)!.value : doc.raw)
	}

	/** A new write of this tab, not applied yet. */
	compose(id: string, value: unknown, more?: Partial<Write>): Write {
		const doc = this.docs.get(id)
		const last = doc?.chain.at(-1)
		const at = Date.now()
		const write = { op: newOp(), id, n: Math.max(this.#clock + 1, at), value, at, base: baseOf(doc), was: doc?.value, ...more }
		return last ? { ...write, base: last.base, was: replaces(write, last) ? last.was : last.value } : write
	}

	apply(batch: Batch): Applied {
		const applied: Applied = { changed: new Set(), replaced: [] }
		const before = new Map<string, unknown>()
		const touch = (id: string) => before.has(id) || before.set(id, this.raw(id))
		for (const doc of batch.docs ?? []) touch(doc.id), this.take(doc, batch.force)
		for (const end of batch.end ?? []) touch(end.id), this.#end(end)
		for (const write of batch.put ?? []) touch(write.id), this.#put(write, applied)
		for (const note of batch.conflicts ?? []) this.conflicts.has(note.key) || this.conflicts.set(note.key, Object.freeze(note))
		for (const key of batch.forget ?? []) this.conflicts.delete(key)
		for (const [group, cursor] of batch.cursors ?? []) this.cursors.set(group, cursor)
		for (const [id, value] of before) {
			this.of(id).length ? this.#written.add(id) : this.#written.delete(id)
			if (this.raw(id) !== value && this.shown(id) !== look(value)) applied.changed.add(id)
		}
		return applied
	}

	/** The local writes of a document, oldest first. */
	of(id: string): readonly Write[] {
		return this.docs.get(id)?.chain ?? []
	}

	/** The present form of a write, unless it has ended. */
	find({ op, id }: Write): Write | undefined {
		return this.of(id).find((write) => write.op === op)
	}

	/** All local writes. */
	waiting(): Write[] {
		return [...this.#written].flatMap((id) => this.of(id))
	}

	/** The write of each document that can go to the server next. */
	heads(): Write[] {
		return [...this.#written].flatMap((id) => this.of(id).find(({ sent }) => sent) ?? this.of(id).find(({ refused }) => !refused) ?? [])
	}

	clear(): void {
		for (const all of [this.docs, this.cursors, this.conflicts, this.damaged, this.#written]) all.clear()
	}

	#doc(id: string): Doc {
		let doc = this.docs.get(id)
		if (!doc) this.docs.set(id, (doc = new Doc()))
		return doc
	}

	/**
	 * Takes a document of the server unless it is older; or of the storage, whose
	 * value is decoded at the first look.
	 */
	take({ id, version, value, damaged }: ServerDoc, force = false, decode?: (text: string) => unknown): void {
		const doc = this.docs.get(id)
		if (doc && !force && version - Number(!damaged) < doc.version) return
		const now = new Doc(version, value, doc?.chain, value === undefined ? value : decode)
		this.docs.set(id, now)
		if (!force && doc?.own) now.own = doc.own
		if (damaged) now.damaged = damaged
		damaged ? this.damaged.add(id) : this.damaged.delete(id)
	}

	#end({ op, id, took }: End): void {
		this.ended.add(op)
		const doc = this.#doc(id)
		const { chain, own } = doc
		const { value } = chain.find((write) => write.op === op) ?? doc
		doc.chain = chain.filter((write) => write.op !== op)
		if (!took) return
		doc.own = { from: own?.version === took.base ? own.from : took.base, version: took.version, value }
		doc.chain = doc.chain.map((write, i) => this.#rebased(doc, write, i))
	}

	/**
	 * A write that is based on a version which this browser has replaced itself
	 * since is based on the replacement instead.
	 */
	#rebased({ own }: Doc, write: Write, place: number): Write {
		if (!own || write.sent || write.refused || write.base < own.from || write.base >= own.version) return write
		return { ...write, base: baseOf(own), was: place ? write.was : own.value }
	}

	#put(write: Write, applied: Applied): void {
		this.#clock = Math.max(this.#clock, write.n)
		if (this.ended.has(write.op)) return
		const doc = this.#doc(write.id)
		const others = doc.chain.filter((other) => other.op !== write.op)
		const mine = this.#rebased(doc, write, others.length)
		const chain = (doc.chain = [...others, mine].sort((a, b) => (later(a, b) ? 1 : -1)))
		let at = chain.indexOf(mine)
		const newer = chain[at + 1]
		const drop = (place: number, by: Write) => applied.replaced.push([chain.splice(place, 1)[0]!.op, by.op])
		if (newer && replaces(newer, mine)) drop(at, newer)
		else while (at && replaces(mine, chain[at - 1]!)) drop(--at, mine)
	}
}
