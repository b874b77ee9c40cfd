// The messages between the tabs of a user.
import type { NetworkState } from './exchange.js'
import type { End } from './replica.js'
import { type PlainError, PocketbookError, type Rows } from './types.js'

/** What the tabs of a user tell each other: any of these. */
export interface Message {
	/** Does the leader of this group answer? */
	ask?: string
	/** The sender leads this group. */
	here?: string
	rows?: Rows
	end?: End[]
	force?: boolean
	/** From the tab that leads. */
	net?: Partial<NetworkState>
	error?: PlainError | null
	/** A tab that is new, or has begun to lead: tell it what it wants to know, or is to do. */
	hello?: true
	/** A tab that does not lead asks for an exchange with the server; what came of it is in `error`. */
	sync?: string
	synced?: string
	token?: [string | undefined]
	logout?: true
}

// An error loses its class, and with it its code, on the way to another tab.

export function plain(error?: PocketbookError | null): PlainError | null | undefined {
	return error && { code: error.code, message: error.message, status: error.status }
}

export function revived(error?: PlainError | null): PocketbookError | undefined {
	return error ? new PocketbookError(error.code, error.message, error.status) : undefined
}
