// What pull.ts and push.ts need: the requests, the local state, and what is known of
// the server.
import type { Settings } from './conflict.js'
import type { Http } from './http.js'
import type { Leader } from './leader.js'
import type { Replica, ServerDoc } from './replica.js'
import type { Codec, PlainError, PocketbookError } from './types.js'
import type { Writes } from './writes.js'

export type Parts = ReadonlyMap<string, PlainError | null | undefined>

/** What is known of the server. The leader sends it to the other tabs. */
export interface NetworkState {
	online: boolean
	/** There was a response or a failure. */
	tried: boolean
	unauthorized: boolean
	busy: boolean
	/**
	 * Of each group that the tab leads: null if it was pulled since the connection
	 * was made, an error if the server refuses it.
	 */
	parts: Parts
	lastPush: number | null
	/** From another tab it is plain. */
	lastError?: PlainError | null
}

/** The part of a session that an exchange needs. */
export interface ExchangeHost {
	url: string
	replica: Replica
	codec: Codec
	leader: Pick<Leader, 'leading'>
	outbox: Pick<Writes, 'record'>
	token(): Promise<string | undefined>
	optionsOf(id: string): Settings[]
	/** Those of the session's first atom, with the number of the app's schema. */
	options: { schema?: number; meta?: boolean }
}

/**
 * The event stream that is open or being opened. Many groups need several connections.
 */
export interface Stream {
	abort: AbortController
	/** When each connection was asked for, or last sent anything. */
	heard: number[]
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
	/** The groups to exchange: those that the tab leads and the server does not
	 * refuse. */
	groups(): string[]
	/** Changes the network state. */
	note(changes: Partial<NetworkState>): void
	/** Runs requests. A response means that the server is reachable. */
	run<T>(requests: () => Promise<T>): Promise<T>
	/**
	 * The server has other versions of documents than the local writes are based
	 * on. Settles when it is time for the next push.
	 */
	settle(theirs: ServerDoc[]): Promise<void>
	/** The group was pulled. */
	pulled(group: string): void
	/** The server refuses the group. */
	refuse(group: string, error: PocketbookError): void
}
