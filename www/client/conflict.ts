// Resolves a conflict between the server's version of a document and the local writes.
import { same } from './codec.js'
import { type Batch, type End, type ServerDoc, type Write, baseOf, newOp } from './replica.js'
import { type Codec, type Merge, PocketbookError } from './types.js'

/** The batch that resolves a conflict, and the error if the merge function failed. */
export interface Resolution { batch: Batch; error?: PocketbookError }

/**
 * Merges the server's value with the newest write of `chain`. Without a merge function
 * the server's value is taken, and the local one is recorded as a conflict.
 */
export function resolve(theirs: ServerDoc, chain: readonly Write[], codec: Codec, merge?: Merge): Resolution {
	const { id, value } = theirs
	const ended = (how: Partial<End>): Batch => ({ docs: [theirs], force: !theirs.version, end: chain.map(({ op }) => ({ op, id, ...how })) })
	if (!chain.length) return { batch: ended({}) }
	const { was, op: key } = chain[0]!
	const { value: mine, n } = chain.at(-1)!
	const at = Date.now()
	if (same(codec, mine, value)) return { batch: ended({}) }
	let failed: PocketbookError | undefined
	try {
		if (merge) {
			const merged: any = merge(was, mine, value, id)
			if (typeof merged?.then === 'function') throw new TypeError('it returned a promise')
			if (same(codec, merged, value)) return { batch: ended({}) }
			const into = newOp()
			return { batch: { ...ended({ into }), put: [{ op: into, id, n: n + 1, base: baseOf(theirs), was: value, value: merged, at }] } }
		}
	} catch (error) {
		failed = new PocketbookError('merge', `merge of ${id} failed: ${error}`)
	}
	const error = { code: 'conflict', message: `conflict on ${id}` }
	return { batch: { ...ended({ error }), conflicts: [{ key, id, base: was, mine, theirs: value, at }] }, error: failed }
}
