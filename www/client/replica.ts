import type { PlainError, Refusal } from './types.js'

// The documents in memory and the writes that the server has not taken yet: a state machine without input or output of its own.
// Every change of it is a Batch. The same batch is applied here, in the other tabs, and (as rows) in IndexedDB; whatever the order in
// which batches of different tabs arrive, all tabs come to the same state.

export interface Write {
	op: string
	id: string
	n: number
	/** The version that the edit was made on, and the value it had; 0 and undefined for a new document. */
	base: number
	was: unknown
	/** undefined: a deletion. */
	value: unknown
	at: number
	sent?: boolean
	refused?: Refusal
}

export interface ServerDoc {
	id: string
	version: number
	value: unknown
}

export interface End {
	op: string
	id: string
	/** The server took it: made on `base`, it is now `version`; the batch's `docs` has it. */
	took?: { base: number; version: number }
	error?: PlainError
	/** Its merged successor. */
	into?: string
}

/** A conflict as `Conflict` in types.ts has it. */
export interface ConflictNote { key: string; id: string; base: unknown; mine: unknown; theirs: unknown; at: number }

export interface Batch {
	docs?: ServerDoc[]
	/** The documents count even where their version is no greater: after a reset, or of what was purged. */
	force?: boolean
	put?: Write[]
	end?: End[]
	conflicts?: ConflictNote[]
	forget?: string[]
	cursors?: [group: string, cursor: string][]
}

interface Doc {
	version: number
	value: unknown
	/** Oldest first; at most the last one is unsent. */
	chain: Write[]
	/** The last stretch of versions that is this browser's own work. */
	own?: { from: number; version: number; value: unknown }
}

export interface Applied {
	/** Documents that look different now. */
	changed: Set<string>
	/** Unsent writes that a newer one replaces. */
	replaced: [op: string, by: string][]
}

const later = (a: Write, b: Write) => a.n > b.n || (a.n === b.n && a.op > b.op)

/** What no other write has, on whatever device. */
export function newOp(): string {
	return crypto.getRandomValues(new Uint32Array(3)).join('-')
}

/** The version to base a write on: a deleted document is written anew. */
export function baseOf(doc?: { version: number; value: unknown }): number {
	return doc?.value === undefined ? 0 : doc.version
}

export class Replica {
	docs = new Map<string, Doc>()
	cursors = new Map<string, string>()
	conflicts = new Map<string, ConflictNote>()
	/** Ops that are done with, so that none comes back from an older look into IndexedDB. */
	ended = new Set<string>()
	/** Documents with own writes. */
	#written = new Set<string>()
	#clock = 0

	/** What the document looks like here: the newest own write, or what the server has. */
	shown(id: string): unknown {
		const doc = this.docs.get(id)
		return (doc?.chain.at(-1) ?? doc)?.value
	}

	/** A write of this tab, not applied yet. */
	compose(id: string, value: unknown): Write {
		const doc = this.docs.get(id)
		const last = doc?.chain.at(-1)
		const at = Date.now()
		const write = { op: newOp(), id, n: Math.max(this.#clock + 1, at), value, at, base: baseOf(doc), was: doc?.value }
		return last ? { ...write, base: last.base, was: last.sent ? last.value : last.was } : write
	}

	apply(batch: Batch): Applied {
		const applied: Applied = { changed: new Set(), replaced: [] }
		const before = new Map<string, unknown>()
		const touch = (id: string) => before.has(id) || before.set(id, this.shown(id))
		for (const doc of batch.docs ?? []) touch(doc.id), this.#take(doc, batch.force)
		for (const end of batch.end ?? []) touch(end.id), this.#end(end)
		for (const write of batch.put ?? []) touch(write.id), this.#put(write, applied)
		for (const note of batch.conflicts ?? []) this.conflicts.set(note.key, note)
		for (const key of batch.forget ?? []) this.conflicts.delete(key)
		for (const [group, cursor] of batch.cursors ?? []) this.cursors.set(group, cursor)
		for (const [id, value] of before) {
			this.of(id).length ? this.#written.add(id) : this.#written.delete(id)
			if (this.shown(id) !== value) applied.changed.add(id)
		}
		return applied
	}

	/** The own writes of one document, oldest first. */
	of(id: string): readonly Write[] {
		return this.docs.get(id)?.chain ?? []
	}

	/** A write as it is now, unless it is done with. */
	find({ op, id }: Write): Write | undefined {
		return this.of(id).find((write) => write.op === op)
	}

	/** All own writes. */
	waiting(): Write[] {
		return [...this.#written].flatMap((id) => this.of(id))
	}

	/** The write of each document that can go to the server next. */
	heads(): Write[] {
		return [...this.#written].map((id) => this.of(id)[0]!).filter((head) => !head.refused)
	}

	clear(): void {
		for (const all of [this.docs, this.cursors, this.conflicts, this.#written]) all.clear()
	}

	#doc(id: string): Doc {
		let doc = this.docs.get(id)
		if (!doc) this.docs.set(id, (doc = { version: 0, value: undefined, chain: [] }))
		return doc
	}

	#take({ id, version, value }: ServerDoc, force = false): void {
		const doc = this.#doc(id)
		if (!force && version <= doc.version) return
		doc.version = version
		doc.value = value
		if (force) doc.own = undefined
	}

	#end({ op, id, took }: End): void {
		this.ended.add(op)
		const doc = this.#doc(id)
		const { chain, own } = doc
		const { value } = chain.find((write) => write.op === op) ?? doc
		doc.chain = chain.filter((write) => write.op !== op)
		if (!took) return
		doc.own = { from: own?.version === took.base ? own.from : took.base, version: took.version, value }
		doc.chain = doc.chain.map((write) => this.#rebased(doc, write))
	}

	/** A write made on what was an own write then is made on what the server has made of that. */
	#rebased({ own }: Doc, write: Write): Write {
		if (!own || write.sent || write.base < own.from || write.base >= own.version) return write
		return { ...write, base: baseOf(own), was: own.value }
	}

	#put(write: Write, applied: Applied): void {
		this.#clock = Math.max(this.#clock, write.n)
		if (this.ended.has(write.op)) return
		const doc = this.#doc(write.id)
		const others = doc.chain.filter((other) => other.op !== write.op)
		const newer = others.find((other) => later(other, write))
		if (newer && !write.sent) {
			applied.replaced.push([write.op, newer.op])
			doc.chain = others
			return
		}
		const stays = (other: Write) => other.sent || later(other, write)
		for (const other of others) if (!stays(other)) applied.replaced.push([other.op, write.op])
		doc.chain = [...others.filter(stays), this.#rebased(doc, write)].sort((a, b) => (later(a, b) ? 1 : -1))
	}
}
