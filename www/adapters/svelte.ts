// Svelte stores of an atom. The atom itself is a store of all documents. They need
// nothing of Svelte: its contract is a method.
import type { Conflict, Rejected, Status, SyncedAtom } from '../client/index.js'

export interface Readable<T> { subscribe(f: (value: T) => void): () => void }
export interface Writable<T> extends Readable<T> {
	set(value: T): void
	update(f: (value: T) => T): void
}

function readable<T>(read: () => T, watched: (f: () => void) => () => void): Readable<T> {
	const subscribe = (f: (value: T) => void) => {
		let last = read()
		f(last)
		// Svelte takes every object for a new one.
		return watched(() => {
			const now = read()
			if (now !== last) f((last = now))
		})
	}
	return { subscribe }
}

/** One document. It changes with this document only; `undefined` removes it. */
export function doc<V>(atom: SyncedAtom<V>, id: string): Writable<V | undefined> {
	const read = () => atom.deref().get(id)
	const set = (value: V | undefined) => void atom.change([[id, value]])
	return { ...readable(read, (f) => atom.watchDoc(id, f)), set, update: (f) => set(f(read())) }
}

/** The status, or what `select` takes of it. */
export function status<T = Status>(atom: SyncedAtom<any>, select = (status: Status): T => status as T): Readable<T> {
	return readable(() => select(atom.status), atom.onStatus)
}

export function conflicts<V>(atom: SyncedAtom<V>): Readable<readonly Conflict<V>[]> {
	return readable(() => atom.conflicts, atom.onStatus)
}

export function rejected<V>(atom: SyncedAtom<V>): Readable<readonly Rejected<V>[]> {
	return readable(() => atom.rejected, atom.onStatus)
}
