// What React's hooks show before there is an atom, and on a server that renders pages.
import type { Docs, Options, Status, SyncedAtom } from '../client/index.js'

export type Maybe<V> = SyncedAtom<V> | null | undefined
/** What atoms may have in common. */
export type Shared<V = any> = Omit<Options<V>, 'group'>

const docs: Docs<any> = new Map()
const status: Status = {
	state: 'syncing', online: false, pending: 0, oldestPending: null, lastPush: null, lastPull: null, lastError: null, persisted: null, damaged: [],
}
const idle = () => () => {}

/** As an atom that nothing has happened to. */
export const NO_ATOM = { status, conflicts: [] as readonly never[], rejected: [] as readonly never[], deref: () => docs, subscribe: idle, onStatus: idle, watchDoc: idle }
