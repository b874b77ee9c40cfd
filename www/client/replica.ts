import type { Codec, ConflictRow, Refusal, Rows, WriteRow } from './types.js'

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
	/** Made before the local data was loaded, so without sight of it. */
	blind?: boolean
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
	error?: { code: string; message: string }
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
	writes: Write[]
	/** The last stretch of versions that is this browser's own work. */
	own?: { from: number; to: number; value: unknown }
}

export interface Applied {
	/** Documents that look different now. */
	changed: Set<string>
	/** Unsent writes that a newer one replaces. */
	replaced: [op: string, by: string][]
}

const later = (a: Write, b: Write) => a.n > b.n || (a.n === b.n && a.op > b.op)

/** The version to base a write on: a deleted document is written anew. */
const baseOf = (version: number, value: unknown) => (value === undefined ? 0 : version)

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
		return doc && (doc.writes.length ? doc.writes[doc.writes.length - 1]!.value : doc.value)
	}

	/** A write of this tab, not applied yet. */
	compose(id: string, value: unknown, op: string, blind: boolean): Write {
		const doc = this.docs.get(id)
		const last = doc?.writes[doc.writes.length - 1]
		const n = Math.max(this.#clock + 1, Date.now())
		const write = { op, id, n, value, at: Date.now(), base: 0, was: undefined as unknown, ...(blind && { blind }) }
		if (last) return { ...write, base: last.base, was: last.sent ? last.value : last.was }
		return doc ? { ...write, base: baseOf(doc.version, doc.value), was: doc.value } : write
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
		for (const id of before.keys()) this.of(id).length ? this.#written.add(id) : this.#written.delete(id)
		for (const [id, value] of before) if (this.shown(id) !== value) applied.changed.add(id)
		return applied
	}

	/** The own writes of one document, oldest first. */
	of(id: string): readonly Write[] {
		return this.docs.get(id)?.writes ?? []
	}

	/** All own writes. */
	*writes(): Generator<Write> {
		for (const id of this.#written) yield* this.of(id)
	}

	/** The write of each document that can go to the server next. */
	*heads(): Generator<Write> {
		for (const id of this.#written) {
			const head = this.of(id)[0]!
			if (!head.refused) yield head
		}
	}

	clear(): void {
		for (const all of [this.docs, this.cursors, this.conflicts, this.#written]) all.clear()
	}

	#doc(id: string): Doc {
		let doc = this.docs.get(id)
		if (!doc) this.docs.set(id, (doc = { version: 0, value: undefined, writes: [] }))
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
		const ended = doc.writes.find((write) => write.op === op)
		doc.writes = doc.writes.filter((write) => write !== ended)
		if (!took) return
		const own = doc.own
		const value = ended ? ended.value : doc.value
		doc.own = { from: own && own.to === took.base ? own.from : took.base, to: took.version, value }
		doc.writes = doc.writes.map((write) => this.#rebased(doc, write))
	}

	/** A write made on what was an own write then is made on what the server has made of that. */
	#rebased({ own }: Doc, write: Write): Write {
		if (!own || write.sent || write.base < own.from || write.base >= own.to) return write
		return { ...write, base: baseOf(own.to, own.value), was: own.value }
	}

	#put(write: Write, applied: Applied): void {
		this.#clock = Math.max(this.#clock, write.n)
		if (this.ended.has(write.op)) return
		const doc = this.#doc(write.id)
		const newer = doc.writes.find((other) => other.op !== write.op && later(other, write))
		if (newer && !write.sent) {
			applied.replaced.push([write.op, newer.op])
			doc.writes = doc.writes.filter((other) => other.op !== write.op)
			return
		}
		doc.writes = doc.writes.filter((other) => {
			if (other.op === write.op) return false
			if (other.sent || later(other, write)) return true
			applied.replaced.push([other.op, write.op])
			return false
		})
		const at = doc.writes.findIndex((other) => later(other, write))
		doc.writes.splice(at < 0 ? doc.writes.length : at, 0, this.#rebased(doc, write))
	}
}

// ---- Batches as rows ----

type Coded = Pick<Codec, 'encode' | 'decode'>

export function toRows(batch: Batch, replaced: Applied['replaced'], codec: Coded): Rows {
	const text = (value: unknown) => (value === undefined ? undefined : codec.encode(value))
	return {
		docs: batch.docs?.map(({ id, version, value }) => ({ id, version, value: text(value) })),
		put: batch.put?.map(({ blind, ...write }) => ({ ...write, value: text(write.value), was: text(write.was) })),
		drop: batch.end?.map((end) => end.op),
		supersede: replaced.map(([op]) => op),
		conflicts: batch.conflicts?.map((note) => ({
			...note, base: text(note.base), mine: text(note.mine), theirs: text(note.theirs),
		})),
		forget: batch.forget,
		cursors: batch.cursors,
	}
}

export function fromRows(rows: Pick<Rows, 'docs' | 'put' | 'conflicts' | 'forget' | 'cursors'>, codec: Coded): Batch {
	const value = (text: string | undefined) => (text === undefined ? undefined : codec.decode(text))
	return {
		docs: rows.docs?.map((row) => ({ ...row, value: value(row.value) })),
		put: rows.put?.map((row: WriteRow) => ({ ...row, value: value(row.value), was: value(row.was) })),
		conflicts: rows.conflicts?.map((row: ConflictRow) => ({
			...row, base: value(row.base), mine: value(row.mine), theirs: value(row.theirs),
		})),
		forget: rows.forget,
		cursors: rows.cursors,
	}
}
