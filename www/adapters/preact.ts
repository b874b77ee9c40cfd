// Preact signals of an atom. They live as long as the atom, and components that read
// them are rendered anew when what they read has changed.
import { type ReadonlySignal, type Signal, computed, signal } from '@preact/signals-core'
import type { Conflict, Docs, Rejected, Status, SyncedAtom } from '../client/index.js'

interface Signals { docs: Signal<Docs<any>>; about: Signal<[Status, readonly Conflict<any>[], readonly Rejected<any>[]]> }

const known = new WeakMap<SyncedAtom<any>, Signals>()

function signals(atom: SyncedAtom<any>): Signals {
	const of = known.get(atom)
	if (of) return of
	const about = (): Signals['about']['value'] => [atom.status, atom.conflicts, atom.rejected]
	const made: Signals = { docs: signal(atom.deref()), about: signal(about()) }
	atom.subscribe((docs) => (made.docs.value = docs))
	atom.onStatus(() => (made.about.value = about()))
	known.set(atom, made)
	return made
}

/** All documents. */
export function docs<V>(atom: SyncedAtom<V>): ReadonlySignal<Docs<V>> {
	return signals(atom).docs
}

/** One document. It changes with this document only. */
export function doc<V>(atom: SyncedAtom<V>, id: string): ReadonlySignal<V | undefined> {
	return computed(() => docs(atom).value.get(id))
}

/** The status, or what `select` takes of it. */
export function status<T = Status>(atom: SyncedAtom<any>, select = (status: Status): T => status as T): ReadonlySignal<T> {
	return computed(() => select(signals(atom).about.value[0]))
}

export function conflicts<V>(atom: SyncedAtom<V>): ReadonlySignal<readonly Conflict<V>[]> {
	return computed(() => signals(atom).about.value[1])
}

export function rejected<V>(atom: SyncedAtom<V>): ReadonlySignal<readonly Rejected<V>[]> {
	return computed(() => signals(atom).about.value[2])
}
