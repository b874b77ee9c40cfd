// The messages between the tabs of a user.
import type { NetworkState } from './exchange.js'
import type { End } from './replica.js'
import { type PlainError, PocketbookError, type Rows } from './types.js'

/** A message has one or more of these. */
export interface Message {
	/** Does the leader of this group answer? With the schema of the sender's
	 * app. */
	ask?: string
	schema?: number
	/** The sender leads this group. */
	here?: string
	rows?: Rows
	end?: End[]
	force?: boolean
	/** From the leader. */
	net?: Partial<NetworkState>
	error?: PlainError | null
	/**
	 * The sender is new or has begun to lead: post to it the network state and open
	 * syncs.
	 */
	hello?: true
	/**
	 * Asks the leader of `group` for a sync. The leader posts `synced` with the
	 * same id, and the error.
	 */
	sync?: string
	group?: string
	synced?: string
	token?: [string | undefined]
	logout?: true
}

// An error loses its class and its code in postMessage.

export function plain(error?: PlainError | null): PlainError | null | undefined {
	return error && { code: error.code, message: error.message, status: error.status }
}

export function revived(error?: PlainError | null): PocketbookError | undefined {
	return error ? Object.assign(new PocketbookError(error.code, error.message), error) : undefined
}
