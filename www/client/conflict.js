// Resolves a conflict between the server's version of a document and the local writes.
import { same } from './codec.js';
import { baseOf, newOp } from './replica.js';
import { PocketbookError } from './types.js';
/** The option of the first atom that has it. */
export function optionOf(host, id, name) {
    return host.optionsOf(id).find((options) => options[name])?.[name];
}
/**
 * What the merge function returns. Throws a PocketbookError if it fails, and undefined
 * if there is none.
 */
export function merged(host, id, base, mine, theirs) {
    const merge = optionOf(host, id, 'merge');
    if (!merge)
        throw undefined;
    try {
        const value = merge(base, mine, theirs, id, host.codec);
        if (typeof value?.then === 'function')
            throw new TypeError('it returned a promise');
        return value;
    }
    catch (error) {
        throw new PocketbookError('merge', `merge of ${id} failed: ${error}`);
    }
}
/** The error of a write that went to the conflicts. */
export const lost = (id) => ({ code: 'conflict', message: `conflict on ${id}` });
/**
 * Merges the server's value with the newest local write. Without a merge function the
 * server's value is taken, and the local one is recorded as a conflict. A damaged
 * document is replaced by the local value.
 */
export function resolve(theirs, host) {
    const { replica, codec } = host;
    const { id, value, damaged } = theirs;
    const chain = replica.of(id);
    const ended = (how) => ({ docs: [theirs], force: !theirs.version, end: chain.map(({ op }) => ({ op, id, ...how })) });
    if (!chain.length)
        return { batches: [ended()] };
    const { was, op: key } = chain[0];
    const { value: mine, n } = chain.at(-1);
    const at = Date.now();
    try {
        const result = damaged || same(codec, mine, value) ? mine : merged(host, id, was, mine, value);
        if (!damaged && same(codec, result, value))
            return { batches: [ended()] };
        const into = newOp();
        return { batches: [{ ...ended({ into }), put: [{ op: into, id, n: n + 1, base: baseOf(theirs), was: value, value: result, at }] }] };
    }
    catch (error) {
        return { batches: [{ ...ended({ error: lost(id) }), conflicts: [{ key, id, base: was, mine, theirs: value, at }] }], error };
    }
}
