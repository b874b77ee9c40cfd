import { revived } from './message.js';
import { OUTDATED } from './pull.js';
import { pullTime } from './replica.js';
/** All but `lastPush` and `persisted` is that of the group. */
export function statusOf({ replica, network: { state: network, parts }, persistence: { error, persisted } }, group) {
    const unsent = replica.waiting().filter((write) => !write.refused && write.id.startsWith(group + ':'));
    const { online = false, lastPush = null, lastError, tried, busy } = network;
    const part = parts.get(group);
    const state = part?.code === OUTDATED ? OUTDATED
        : network.unauthorized || part ? 'unauthorized'
            : error ? 'storage-degraded'
                : tried && !online ? 'offline'
                    : !tried || busy || part === undefined ? 'syncing'
                        : unsent.length ? 'pending'
                            : 'synced';
    return {
        state,
        online,
        pending: new Set(unsent.map(({ id }) => id)).size,
        oldestPending: unsent.length ? Math.min(...unsent.map(({ at }) => at)) : null,
        lastPush,
        lastPull: Number(replica.cursors.get(pullTime(group))) || null,
        lastError: error ?? revived(part ?? lastError ?? [...parts.values()].find(Boolean)) ?? null,
        persisted,
        damaged: [...replica.damaged].filter((id) => id.startsWith(group + ':')),
    };
}
/** `now`, frozen; or `before` if its content is the same. */
export function stable(before, now, alike = Object.is) {
    const keys = Object.keys(now);
    const isSame = before && keys.length === Object.keys(before).length && keys.every((key) => alike(before[key], now[key]));
    return isSame ? before : Object.freeze(now);
}
/** Fields of a status. An error that came from another tab is a new object each
 * time. */
export const sameText = (a, b) => `${a}` === `${b}`;
