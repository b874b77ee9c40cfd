// The status of an atom, from the writes that wait, the network and the local storage.
import type { Network } from './network.js'
import type { Persistence } from './persistence.js'
import type { Replica } from './replica.js'
import type { State, Status } from './types.js'

/** The parts of a session that its status comes from. */
interface Parts {
	replica: Replica
	network: Pick<Network, 'state'>
	persistence: Pick<Persistence, 'error' | 'persisted'>
}

export function statusOf({ replica, network: { state: network }, persistence: { error, persisted } }: Parts): Status {
	const unsent = replica.waiting().filter((write) => !write.refused)
	const { online = false, lastPush = null, lastPull = null, lastError = null, tried, busy, current } = network
	const state: State =
		network.unauthorized || network.forbidden ? 'unauthorized'
		: error ? 'storage-degraded'
		: tried && !online ? 'offline'
		: !tried || busy || !current ? 'syncing'
		: unsent.length ? 'pending'
		: 'synced'
	return {
		state,
		online,
		pending: new Set(unsent.map(({ id }) => id)).size,
		oldestPending: unsent.length ? Math.min(...unsent.map(({ at }) => at)) : null,
		lastPush,
		lastPull,
		lastError: error ?? lastError,
		persisted,
	}
}
