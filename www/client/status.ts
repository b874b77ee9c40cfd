// The status of an atom, from the writes that wait, the network and the local storage.
import type { Network } from './network.js'
import type { Persistence } from './persistence.js'
import type { Replica } from './replica.js'
import { revived } from './message.js'
import type { State, Status } from './types.js'

/** The parts of a session that its status comes from. */
interface Parts {
	replica: Replica
	network: Pick<Network, 'state' | 'parts'>
	persistence: Pick<Persistence, 'error' | 'persisted'>
}

/** The writes and the state are those of the group, the times those of all groups. */
export function statusOf({ replica, network: { state: network, parts }, persistence: { error, persisted } }: Parts, group: string): Status {
	const unsent = replica.waiting().filter((write) => !write.refused && write.id.startsWith(group + ':'))
	const { online = false, lastPush = null, lastPull = null, lastError = null, tried, busy } = network
	const part = parts.get(group)
	const state: State =
		network.unauthorized || part ? 'unauthorized'
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
		lastPull,
		lastError: error ?? revived(part) ?? lastError ?? revived([...parts.values()].find(Boolean)) ?? null,
		persisted,
	}
}
