import { same } from './codec.js'
import type { SyncLoop } from './sync-loop.js'
import { type Batch, type End, type ServerDoc, baseOf, newOp } from './replica.js'
import { PocketbookError } from './types.js'

/** The server holds something else: merge, or take its value and keep the own copy in the journal. Gives the batch that does so. */
export function settled(loop: SyncLoop, theirs: ServerDoc): Batch {
	const { replica, codec } = loop.session
	const { id, value } = theirs
	const chain = replica.of(id)
	const ended = (how: Partial<End>): Batch => ({ docs: [theirs], force: !theirs.version, end: chain.map(({ op }) => ({ op, id, ...how })) })
	if (!chain.length) return ended({})
	const { was, op: key } = chain[0]!
	const { value: mine, n } = chain.at(-1)!
	const at = Date.now()
	if (same(codec, mine, value)) return ended({})
	const merge = loop.session.mergeOf(id)
	try {
		if (merge) {
			const merged = merge(was, mine, value, id)
			if (same(codec, merged, value)) return ended({})
			const into = newOp()
			return { ...ended({ into }), put: [{ op: into, id, n: n + 1, base: baseOf(theirs), was: value, value: merged, at }] }
		}
	} catch (error) {
		loop.note({ lastError: new PocketbookError('merge', `merge of ${id} failed: ${error}`) })
	}
	const error = { code: 'conflict', message: `${id} was changed elsewhere` }
	return { ...ended({ error }), conflicts: [{ key, id, base: was, mine, theirs: value, at }] }
}
