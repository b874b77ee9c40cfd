/** The state of an atom: document id to value. Treat it, and the values in it, as immutable. With many documents it need not be a Map itself. */
export type Docs<V = unknown> = ReadonlyMap<string, V>

export type Watch<V = unknown> = (key: unknown, atom: unknown, before: Docs<V>, after: Docs<V>) => void

/** What can hold the state of an atom instead of the atom itself: a Reagent ratom, a signal or a store in this shape. */
export interface Cache<V = unknown> {
	deref(): Docs<V>
	reset(value: Docs<V>): unknown
	/** The watch is called after each change, whoever made it. */
	addWatch(key: unknown, watch: Watch<V>): unknown
	removeWatch?(key: unknown): unknown
}

/** Resolves a conflict. `undefined` stands for a document that is not there, as an argument and as the result. */
export type Merge<V = unknown> = (base: V | undefined, mine: V | undefined, theirs: V | undefined, id: string) => V | undefined

export type Token = string | undefined | (() => string | undefined | Promise<string | undefined>)

export interface Options<V = unknown> {
	/** Where the server is; the default is the root of the page's own origin. */
	url?: string
	/** The group of documents to keep: all whose id begins with `group:`. */
	group: string
	/** A token, or what gives one; asked for at each request. */
	token?: Token
	/** Whose data this is. Local data is kept for each server and user. */
	user?: string
	codec?: 'json' | 'transit' | Codec
	cache?: Cache<V>
	/** Milliseconds between polls while there is no stream; default 30000. */
	interval?: number
	/** Without it the server's value is taken and the own copy goes to `conflicts`. */
	merge?: Merge<V>
	/** `'memory'`: keep nothing on this device. Or a storage of your own. */
	storage?: 'indexeddb' | 'memory' | Storage
}

export type State = 'synced' | 'pending' | 'syncing' | 'offline' | 'unauthorized' | 'storage-degraded'

export interface Status {
	state: State
	/** Did the last exchange with the server succeed? */
	online: boolean
	/** Writes that the server has not taken; refused ones are not among them. */
	pending: number
	/** When the oldest of them was made (ms since 1970), or null. */
	oldestPending: number | null
	lastPush: number | null
	lastPull: number | null
	lastError: PocketbookError | null
	/** Did the browser promise not to evict the local data? null: it was not asked yet, or does not say. */
	persisted: boolean | null
}

/** The copy that lost when the server held another version; kept until it is restored or dismissed. */
export interface Conflict<V = unknown> {
	key: string
	id: string
	/** undefined: there was no such document, or it was deleted. */
	base: V | undefined
	mine: V | undefined
	theirs: V | undefined
	at: number
}

/** A write that the server refuses to take, such as one outside the token's groups. It stays in the atom. */
export interface Rejected<V = unknown> {
	id: string
	value: V | undefined
	status: number
	code: string
	reason: string
	at: number
}

/** What a swap returns; neither promise needs to be looked at. */
export interface Written {
	/** The change is in IndexedDB. */
	local: Promise<void>
	/** The server has it. Rejects where it ends otherwise: conflict, rejected, discarded, destroyed. */
	server: Promise<void>
}

export type ErrorCode =
	| 'offline' | 'unauthorized' | 'forbidden' | 'unavailable' | 'conflict' | 'rejected' | 'discarded'
	| 'quota' | 'storage' | 'pending' | 'destroyed' | 'merge' | 'protocol' | (string & {})

export class PocketbookError extends Error {
	constructor(public code: ErrorCode, message: string, public status = 0, public retryAfter = 0) {
		super(message)
		this.name = 'PocketbookError'
	}
}

/** A PocketbookError as it goes from tab to tab. */
export interface PlainError { code: ErrorCode; message: string; status?: number }

/** One way to write values and messages as text. */
export interface Codec {
	/** Local data of different codecs is kept apart. */
	name: string
	/** Media type of requests and answers. */
	type: string
	/** The `encoding` of event streams. */
	stream: string
	encode(value: unknown): string
	decode(text: string): unknown
	/** A request body; plain objects, but for the documents' values. */
	write(push: { docs: object[] }): string
	read(text: string): Record<string, any>
}

// What is kept on the device. Values are in the codec's text; no text: no document.

export interface DocRow { id: string; version: number; value?: string }
export interface WriteRow {
	op: string
	id: string
	/** Orders the writes of one document, whichever tab made them. */
	n: number
	base: number
	was?: string
	value?: string
	at: number
	/** It may have reached the server, so it is repeated as it is until there is an answer. */
	sent?: boolean
	refused?: Refusal
}
export interface ConflictRow { key: string; id: string; base?: string; mine?: string; theirs?: string; at: number }
export interface Refusal { status: number; code: string; reason: string }

/** One transaction. */
export interface Rows {
	docs?: DocRow[]
	put?: WriteRow[]
	/** Writes that are done with. */
	drop?: string[]
	/** Writes that newer ones replace; kept where another tab has marked them as sent. */
	supersede?: string[]
	conflicts?: ConflictRow[]
	forget?: string[]
	cursors?: [group: string, cursor: string][]
}

export interface Loaded { docs: DocRow[]; put: WriteRow[]; conflicts: ConflictRow[]; cursor?: string }

export interface Storage {
	/** Opens, or opens again; `lost` is called when the data may have gone. */
	open(name: string, lost: () => void): Promise<void>
	load(group: string): Promise<Loaded>
	/** The stored cursor of a group; a storage that keeps nothing has no such method. */
	cursor?(group: string): Promise<string | undefined>
	write(rows: Rows): Promise<void>
	clear(): Promise<void>
	close(): void
}
