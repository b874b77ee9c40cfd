// The public types, and the rows of a storage.

/**
 * The value of an atom: document id to value. Treat it and its values as immutable.
 * With many documents it may be an object other than a Map.
 */
export type Docs<V = unknown> = ReadonlyMap<string, V>

/** `ids` are those of the documents that were added, changed or removed. */
export type Watch<V = unknown> = (key: unknown, atom: unknown, before: Docs<V>, after: Docs<V>, ids: readonly string[]) => void

export type DocWatch<V = unknown> = (value: V | undefined, before: V | undefined) => void

/**
 * Holds the value instead of the atom: a signal or a store, wrapped in an object of
 * this shape.
 */
export interface Cache<V = unknown> {
	deref(): Docs<V>
	reset(value: Docs<V>): unknown
	/** The watch must be called after each change, in the same turn. */
	addWatch(key: unknown, watch: (key: unknown, cache: unknown, before: Docs<V> | undefined, after: Docs<V>) => void): unknown
	removeWatch?(key: unknown): unknown
}

/**
 * Resolves a conflict. `undefined`: the document does not exist, or is to be deleted.
 * `codec` is that of the atom, and tells which values are equal.
 */
export type Merge<V = unknown> = (base: V | undefined, mine: V | undefined, theirs: V | undefined, id: string, codec: Codec) => V | undefined

/** A named update: what `atom.update(id, name, ...args)` does to a document. */
export type Update<V = unknown> = (value: V | undefined, ...args: any[]) => V | undefined

/** Brings a value of an older schema to that of the app. */
export type Upgrade<V = unknown> = (value: any, from: number, id: string) => V

export type Token = string | undefined | (() => string | undefined | Promise<string | undefined>)

export interface Options<V = unknown> {
	/** Address of the server; the default is the root of the page's origin. */
	url?: string
	/** The group of documents: all whose id begins with `group:`. */
	group: string
	/** A token, or a function that returns one and is called for each request. */
	token?: Token
	/** Owner of the data. Local data is separate for each server and user. */
	user?: string
	codec?: 'json' | 'transit' | Codec
	cache?: Cache<V>
	/** Milliseconds between polls while there is no stream; 30000 unless
	 * positive. */
	interval?: number
	/** Without it the server's value is taken and the local one goes to
	 * `conflicts`. */
	merge?: Merge<V>
	/** Named updates, run again on a conflict. Needs `pocketbook/updates`. */
	updates?: Record<string, Update<V>>
	/** The number of the documents' schema, for the server's `--min-schema`. */
	schema?: number
	/**
	 * Keeps on this device who wrote each document, and when. Needs
	 * `pocketbook/history`.
	 */
	meta?: boolean
	/** Brings documents of an older schema to this one. Needs
	 * `pocketbook/updates`. */
	upgrade?: Upgrade<V>
	/** `'memory'` stores nothing on this device. Or a storage of your own. */
	storage?: 'indexeddb' | 'memory' | Storage
}

export type State = 'synced' | 'pending' | 'syncing' | 'offline' | 'unauthorized' | 'upgrade-required' | 'storage-degraded'

/** The state, the writes and `lastPull` are those of the atom's group. Frozen. */
export interface Status {
	state: State
	/** The last exchange with the server succeeded. */
	online: boolean
	/** Number of documents with unsent writes, not counting rejected ones. */
	pending: number
	/** Time of the oldest unsent write (milliseconds since 1970), or null. */
	oldestPending: number | null
	lastPush: number | null
	/** Time of the last complete pull, also of an earlier visit, or null. */
	lastPull: number | null
	lastError: PocketbookError | null
	/**
	 * The browser has promised not to evict the local data. null: not asked yet, or
	 * unknown.
	 */
	persisted: boolean | null
	/**
	 * Ids of documents that are damaged on the server. This device shows its copy,
	 * if it has one; the next write of it mends the document.
	 */
	damaged: readonly string[]
}

/**
 * A local value that lost against the server's; stored until it is restored or
 * dismissed.
 */
export interface Conflict<V = unknown> {
	key: string
	id: string
	/** undefined: the document did not exist, or was deleted. */
	base: V | undefined
	mine: V | undefined
	theirs: V | undefined
	at: number
}

/**
 * A write that the server rejects, such as one outside the token's groups. It stays in
 * the atom.
 */
export interface Rejected<V = unknown> {
	id: string
	value: V | undefined
	status: number
	code: string
	reason: string
	at: number
	/** The transaction that it is in, which is retried or discarded as a whole. */
	tx?: string
}

/** The result of a swap. Both promises may be ignored. */
export interface Written {
	/** The change is stored on the device. */
	local: Promise<void>
	/**
	 * The server has the change. Rejects with conflict, rejected, discarded or
	 * destroyed.
	 */
	server: Promise<void>
}

export type ErrorCode =
	| 'offline' | 'unauthorized' | 'forbidden' | 'unavailable' | 'conflict' | 'rejected' | 'discarded'
	| 'quota' | 'storage' | 'pending' | 'destroyed' | 'merge' | 'protocol' | 'not-loaded' | (string & {})

export class PocketbookError extends Error {
	constructor(public code: ErrorCode, message: string, public status = 0, public retryAfter = 0) {
		super(message)
		this.name = 'PocketbookError'
	}
}

/** A PocketbookError in a message to another tab. */
export interface PlainError { code: ErrorCode; message: string; status?: number; retryAfter?: number }

/** Encodes values and messages as text. */
export interface Codec {
	/** Local data of different codecs is separate. */
	name: string
	/** Media type of requests and responses. */
	type: string
	/** The `encoding` of event streams. */
	stream: string
	encode(value: unknown): string
	decode(text: string): unknown
	/** True if two values are equal. The default compares their texts. */
	same?(a: unknown, b: unknown): boolean
	/**
	 * Throws a TypeError if a value cannot be encoded; `path` says where it is. The
	 * default encodes it.
	 */
	check?(value: unknown, path: string): void
	/** Encodes a request body: plain objects, except for the documents' values. */
	write(push: { docs: object[]; atomic?: boolean }): string
	read(text: string): Record<string, any>
}

// The rows of a storage. Values are encoded by the codec; undefined: no such document.

export interface DocRow { id: string; version: number; value?: string; damaged?: boolean }
export interface WriteRow {
	op: string
	id: string
	/** Orders the writes of a document, across tabs. */
	n: number
	base: number
	was?: string
	value?: string
	at: number
	/**
	 * It may have reached the server, so it is repeated unchanged until there is a
	 * response.
	 */
	sent?: boolean
	refused?: Refusal
	tx?: string
	/** Named updates with their arguments, which are encoded. */
	steps?: [name: string, ...args: string[]][]
	tries?: number
}
export interface ConflictRow { key: string; id: string; base?: string; mine?: string; theirs?: string; at: number }
export interface Refusal { status: number; code: string; reason: string }

/** One transaction. */
export interface Rows {
	docs?: DocRow[]
	put?: WriteRow[]
	/** Writes to delete: they have ended. */
	drop?: string[]
	/** Writes to delete unless they are marked as sent: newer ones replace them. */
	supersede?: string[]
	conflicts?: ConflictRow[]
	forget?: string[]
	cursors?: [group: string, cursor: string][]
}

export interface Loaded { docs: DocRow[]; put: WriteRow[]; conflicts: ConflictRow[]; cursor?: string }

export interface Storage {
	/** Opens, or opens again. `lost` is to be called when the data may be lost. */
	open(name: string, lost: () => void): Promise<void>
	load(group: string): Promise<Loaded>
	/**
	 * The stored cursor of a group. A storage that stores nothing has no such
	 * method.
	 */
	cursor?(group: string): Promise<string | undefined>
	write(rows: Rows): Promise<void>
	clear(): Promise<void>
	close(): void
}
