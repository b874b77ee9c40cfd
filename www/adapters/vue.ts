// Composables for Vue. What they return is shallow: documents are not made reactive
// inside, as they are never changed in place.
import {
	type InjectionKey, type MaybeRefOrGetter, type ShallowRef, hasInjectionContext, inject, onScopeDispose, provide, shallowRef, toValue,
	watch,
} from 'vue'
import { type Conflict, type Docs, type Rejected, type Status, SyncedAtom } from '../client/index.js'
import type { Shared } from './initial.js'

const DEFAULTS: InjectionKey<Shared> = Symbol()

/** Gives its options to all atoms of the components below this one. */
export function providePocketbook(options: Shared): void {
	provide(DEFAULTS, options)
}

/** The atom of a group. It ends with the component, or the scope. */
export function useSyncedAtom<V = any>(group: string, options?: Shared<V>): SyncedAtom<V> {
	const atom = new SyncedAtom<V>({ ...(hasInjectionContext() ? inject(DEFAULTS, {}) : {}), ...options, group })
	onScopeDispose(() => void atom.destroy())
	return atom
}

function live<T>(read: () => T, watched: (f: () => void) => () => void): Readonly<ShallowRef<T>> {
	const value = shallowRef(read())
	onScopeDispose(watched(() => (value.value = read())))
	return value
}

/** All documents. */
export function useDocs<V>(atom: SyncedAtom<V>): Readonly<ShallowRef<Docs<V>>> {
	return live(atom.deref, atom.subscribe)
}

/** One document. It changes with this document only. */
export function useDoc<V>(atom: SyncedAtom<V>, id: MaybeRefOrGetter<string>): Readonly<ShallowRef<V | undefined>> {
	const value = shallowRef<V>()
	const follow = (id: string, _before: unknown, onEnd: (end: () => void) => void) => {
		value.value = atom.deref().get(id)
		onEnd(atom.watchDoc(id, (now) => (value.value = now)))
	}
	watch(() => toValue(id), follow, { immediate: true, flush: 'sync' })
	return value
}

/** The status, or what `select` takes of it. */
export function useStatus<T = Status>(atom: SyncedAtom<any>, select = (status: Status): T => status as T): Readonly<ShallowRef<T>> {
	return live(() => select(atom.status), atom.onStatus)
}

export function useConflicts<V>(atom: SyncedAtom<V>): Readonly<ShallowRef<readonly Conflict<V>[]>> {
	return live(() => atom.conflicts, atom.onStatus)
}

export function useRejected<V>(atom: SyncedAtom<V>): Readonly<ShallowRef<readonly Rejected<V>[]>> {
	return live(() => atom.rejected, atom.onStatus)
}
