// The status of an atom, from the writes that wait, the network and the local storage.
import type { Network } from './network.js'
import type { Persistence } from './persistence.js'
import { revived } from './message.js'
import { OUTDATED } from './pull.js'
import { type Replica, pullTime } from './replica.js'
import type { State, Status } from './types.js'

/** The parts of a session that its status comes from. */
interface Parts {
	replica: Replica
	network: Pick<Network, 'state' | 'parts'>
	persistence: Pick<Persistence, 'error' | 'persisted'>
}

/** All but `lastPush` and `persisted` is that of the group. */
export function statusOf({ replica, network: { state: network, parts }, persistence: { error, persisted } }: Parts, group: string): Status {
	const unsent = replica.waiting().filter((write) => !write.refused && write.id.startsWith(group + ':'))
	const { online = false, lastPush = null, lastError, tried, busy } = network
	const part = parts.get(group)
	const state: State =
		part?.code === OUTDATED ? OUTDATED
		: network.unauthorized || part ? 'unauthorized'
		: error ? 'storage-degraded'
		: tried && !online ? 'offline'
		: !tried || busy || part === undefined ? 'syncing'
		: unsent.length ? 'pending'
		: 'synced'
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
	}
}

/** `now`, frozen; or `before` if its content is the same. */
export function stable<T extends object>(before: T | undefined, now: T, alike: (a: unknown, b: unknown) => boolean = Object.is): T {
	const keys = Object.keys(now) as (keyof T)[]
	const isSame = before && keys.length === Object.keys(before).length && keys.every((key) => alike(before[key], now[key]))
	return isSame ? before : Object.freeze(now)
}

/** Fields of a status. An error that came from another tab is a new object each
 * time. */
export const sameText = (a: unknown, b: unknown) => `${a}` === `${b}`
