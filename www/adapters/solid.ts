// Signals for Solid.
import { type Accessor, type ParentProps, createComponent, createComputed, createContext, createSignal, onCleanup, splitProps, useContext } from 'solid-js'
import { type Conflict, type Docs, type Rejected, type Status, SyncedAtom } from '../client/index.js'
import type { Shared } from './initial.js'

const Defaults = createContext<Shared>({})

/** Gives its options to all atoms below it. */
export function PocketbookProvider(props: ParentProps<Shared>) {
	const [inner, value] = splitProps(props, ['children'])
	return createComponent(Defaults.Provider, {
		value,
		// Not read before the context is there.
		get children() {
			return inner.children
		},
	})
}

/** The atom of a group. It ends with the component, or the root. */
export function useSyncedAtom<V = any>(group: string, options?: Shared<V>): SyncedAtom<V> {
	const atom = new SyncedAtom<V>({ ...useContext(Defaults), ...options, group })
	onCleanup(() => void atom.destroy())
	return atom
}

function live<T>(read: () => T, watched: (f: () => void) => () => void): Accessor<T> {
	const [value, set] = createSignal(read())
	onCleanup(watched(() => set(read)))
	return value
}

/** All documents. */
export function useDocs<V>(atom: SyncedAtom<V>): Accessor<Docs<V>> {
	return live(atom.deref, atom.subscribe)
}

/** One document. It changes with this document only. The id may be an accessor. */
export function useDoc<V>(atom: SyncedAtom<V>, id: string | Accessor<string>): Accessor<V | undefined> {
	const [value, set] = createSignal<V>()
	createComputed(() => {
		const now = typeof id === 'function' ? id() : id
		const update = () => set(() => atom.deref().get(now))
		update()
		onCleanup(atom.watchDoc(now, update))
	})
	return value
}

/** The status, or what `select` takes of it. */
export function useStatus<T = Status>(atom: SyncedAtom<any>, select = (status: Status): T => status as T): Accessor<T> {
	return live(() => select(atom.status), atom.onStatus)
}

export function useConflicts<V>(atom: SyncedAtom<V>): Accessor<readonly Conflict<V>[]> {
	return live(() => atom.conflicts, atom.onStatus)
}

export function useRejected<V>(atom: SyncedAtom<V>): Accessor<readonly Rejected<V>[]> {
	return live(() => atom.rejected, atom.onStatus)
}
