// What pull.ts and push.ts need: the requests, the local state, and what is known of
// the server.
import type { Http } from './http.js'
import type { Leader } from './leader.js'
import type { Replica, ServerDoc } from './replica.js'
import type { Codec, Merge, PocketbookError } from './types.js'
import type { Writes } from './writes.js'

/** What is known of the server. The leader sends it to the other tabs. */
export interface NetworkState {
	online: boolean
	/** There was a response or a failure. */
	tried: boolean
	unauthorized: boolean
	/** The token does not cover one of the groups; the others are exchanged. */
	forbidden: boolean
	busy: boolean
	/** All groups were pulled since the connection was made. */
	current: boolean
	lastPush: number | null
	lastPull: number | null
	lastError: PocketbookError | null
}

/** The part of a session that an exchange needs. */
export interface ExchangeHost {
	url: string
	replica: Replica
	codec: Codec
	leader: Pick<Leader, 'leading'>
	writes: Pick<Writes, 'record'>
	token(): Promise<string | undefined>
	mergeOf(id: string): Merge | undefined
}

/** The event stream that is open or being opened. */
export interface Stream {
	abort: AbortController
	/** Groups that the server has confirmed. */
	confirmed: Set<string>
	/** Groups that were pulled after that: their events follow on their cursor. */
	live: Set<string>
}

/** Implemented by the sync loop. */
export interface Exchange {
	host: ExchangeHost
	http: Http
	network: Partial<NetworkState>
	stream?: Stream
	/** Groups that were pulled since the server was reached. */
	pulled: Set<string>
	/** The groups to exchange. */
	groups(): string[]
	/** Changes the network state. */
	note(changes: Partial<NetworkState>): void
	/** Runs requests. A response means that the server is reachable. */
	run<T>(requests: () => Promise<T>): Promise<T>
	/**
	 * The server has another version of a document than the local writes are based on.
	 */
	settle(theirs: ServerDoc): void
	/** The token does not cover the group. */
	forbid(group: string): void
}
