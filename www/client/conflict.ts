// Resolves a conflict between the server's version of a document and the local writes.
import { same } from './codec.js'
import { type Batch, type End, type Replica, type ServerDoc, baseOf, newOp } from './replica.js'
import { type Codec, type Options, PocketbookError } from './types.js'

/** The part of a session that resolving needs. */
export interface ResolveHost {
	replica: Replica
	codec: Codec
	/** The options of the atoms that show a document. */
	optionsOf(id: string): Settings[]
}

/** The options of an atom that concern its documents. */
export type Settings = Pick<Options<any>, 'merge' | 'updates' | 'schema' | 'upgrade'>

/** The option of the first atom that has it. */
export function optionOf<K extends keyof Settings>(host: Pick<ResolveHost, 'optionsOf'>, id: string, name: K): Settings[K] {
	return host.optionsOf(id).find((options) => options[name])?.[name]
}

/** The batches that resolve conflicts, and the error if the merge function failed. */
export interface Resolution {
	batches: Batch[]
	error?: PocketbookError
	/** Milliseconds until the next push. */
	wait?: number
}

/**
 * What the merge function returns. Throws a PocketbookError if it fails, and undefined
 * if there is none.
 */
export function merged(host: ResolveHost, id: string, base: unknown, mine: unknown, theirs: unknown): unknown {
	const merge = optionOf(host, id, 'merge')
	if (!merge) throw undefined
	try {
		const value: any = merge(base, mine, theirs, id, host.codec)
		if (typeof value?.then === 'function') throw new TypeError('it returned a promise')
		return value
	} catch (error) {
		throw new PocketbookError('merge', `merge of ${id} failed: ${error}`)
	}
}

/** The error of a write that went to the conflicts. */
export const lost = (id: string) => ({ code: 'conflict', message: `conflict on ${id}` })

/**
 * Merges the server's value with the newest local write. Without a merge function the
 * server's value is taken, and the local one is recorded as a conflict. A damaged
 * document is replaced by the local value.
 */
export function resolve(theirs: ServerDoc, host: ResolveHost): Resolution {
	const { replica, codec } = host
	const { id, value, damaged } = theirs
	const chain = replica.of(id)
	const ended = (how?: Partial<End>): Batch => ({ docs: [theirs], force: !theirs.version, end: chain.map(({ op }) => ({ op, id, ...how })) })
	if (!chain.length) return { batches: [ended()] }
	const { was, op: key } = chain[0]!
	const { value: mine, n } = chain.at(-1)!
	const at = Date.now()
	try {
		const result = damaged || same(codec, mine, value) ? mine : merged(host, id, was, mine, value)
		if (!damaged && same(codec, result, value)) return { batches: [ended()] }
		const into = newOp()
		return { batches: [{ ...ended({ into }), put: [{ op: into, id, n: n + 1, base: baseOf(theirs), was: value, value: result, at }] }] }
	} catch (error: any) {
		return { batches: [{ ...ended({ error: lost(id) }), conflicts: [{ key, id, base: was, mine, theirs: value, at }] }], error }
	}
}
