// What the core loads when it is first needed (load-later.ts): pushes, errors of the
// server, conflicts, resets, recovery and compaction of the storage. To add an ability:
// export a function here, and call it behind `await later()`. In the served
// library it has modules of its own: pass it what has a state, such as `extension`.
import { same } from './codec.js';
import { resolve as resolveOne } from './conflict.js';
import { entryOf } from './log.js';
import { toRows } from './rows.js';
export { Pusher } from './push.js';
export { entryOf } from './log.js';
/** Resolves conflicts of whole values. */
export function resolve(theirs, host) {
    const all = theirs.map((doc) => resolveOne(doc, host));
    return { batches: all.flatMap(({ batches }) => batches), error: all.flatMap(({ error }) => error ?? []).at(-1) };
}
/** Documents of the group that are in no page of a snapshot: they are gone. */
export function missing({ replica }, group, seen) {
    return [...replica.docs].flatMap(([id, { version }]) => (id.startsWith(group + ':') && version && !seen.has(id) ? { id, version: 0, value: undefined } : []));
}
/**
 * After a reset, the versions that writes are based on mean nothing to the server. A
 * write whose document has changed is a conflict.
 */
export function moved({ replica, codec }, group) {
    return replica.heads().flatMap(({ id, base, was }) => {
        const { version, value } = replica.docs.get(id);
        return id.startsWith(group + ':') && base && !(base === version && same(codec, was, value)) ? { id, version, value } : [];
    });
}
/** Entries that are written in one turn: more would hold up the page. */
const MAX_ENTRIES = 8;
/**
 * Writes a log anew, with the last row of each document, in the transaction of `log`.
 * Its result is by how much it costs more than three times its documents.
 */
export async function compact(log, { costOf, done, partsOf, readLog }) {
    const [docs] = await readLog(log, await done(log.getAllKeys()));
    const parts = partsOf(docs);
    log.clear();
    for (let i = 0; i < parts.length; i += MAX_ENTRIES) {
        const [first, ...rest] = parts.slice(i, i + MAX_ENTRIES).map((part) => log.add(entryOf(part)));
        // The next ones in another turn, in which the transaction is still
        // open.
        await done(rest.at(-1) ?? first);
    }
    return parts.reduce((sum, part) => sum + costOf(part), 0) - 3 * costOf(docs);
}
/** Milliseconds that a response can ask to wait, at most. */
const MAX_RETRY_AFTER = 3_600_000;
/**
 * The error of a response with this body, if that is JSON. Only the problem of a
 * Pocketbook server (RFC 9457) says something about the token or the writes; a status
 * of anything else in between, or where a redirect has led, is trouble of the network,
 * and the request is repeated.
 */
export function problem({ status, redirected, headers }, body) {
    const isOurs = !redirected && /^application\/problem\+json *(;|$)/i.test(headers.get('content-type') ?? '') && body?.code && body.status === status;
    const [code, message] = isOurs ? [body.code, body.detail] : [status < 500 ? 'protocol' : 'unavailable', `HTTP ${status || 'redirect'}`];
    return { code, message, status, retryAfter: Math.min(+headers.get('retry-after') * 1000, MAX_RETRY_AFTER) || 0 };
}
/** The rows of all that is in memory. */
export function allRows(replica, codec) {
    const docs = [...replica.docs].map(([id, { version, value, damaged }]) => ({ id, version, value, damaged }));
    const batch = { docs, put: replica.waiting(), conflicts: [...replica.conflicts.values()], cursors: [...replica.cursors] };
    return { ...toRows(batch, codec), drop: [...replica.ended] };
}
