// Hooks for React. A component is rendered anew when what it asked for has changed.
import * as React from 'react'
import { type Conflict, type Docs, type Rejected, type Status, SyncedAtom } from '../client/index.js'
import { type Maybe, NO_ATOM, type Shared } from './initial.js'

const Defaults = React.createContext<Shared>({})

/** Gives its options to all atoms below it. */
export function PocketbookProvider({ children, ...value }: Shared & { children?: React.ReactNode }) {
	return React.createElement(Defaults.Provider, { value }, children)
}

/**
 * The atom of a group; undefined until the component is mounted. It ends with the
 * component. Another url, user, codec or storage makes another atom; another token is
 * set in the present one.
 */
export function useSyncedAtom<V = any>(group: string, options?: Shared<V>): SyncedAtom<V> | undefined {
	const all: any = { ...React.useContext(Defaults), ...options, group }
	const { url, user, codec, storage, token } = all
	// Of a function only.
	const calls = token?.call
	const render = React.useState<object>()[1]
	const of: { all: any; atom?: SyncedAtom<V> } = React.useMemo(Object, [url, user, group, codec, storage, calls])
	of.all = all
	React.useEffect(() => {
		if (!calls) of.atom?.setToken(token)
	}, [token])
	React.useEffect(() => {
		const now = { ...all }
		// Functions of the last rendering, not of this one.
		for (const name in now) now[name]?.call && (now[name] = (...args: unknown[]) => of.all[name](...args))
		of.atom = new SyncedAtom<V>(now)
		render({})
		return () => (of.atom = void of.atom!.destroy())
	}, [of])
	return of.atom
}

/** All documents. */
export function useDocs<V>(atom: Maybe<V>): Docs<V> {
	const of = atom ?? NO_ATOM
	return React.useSyncExternalStore(of.subscribe, of.deref, NO_ATOM.deref)
}

/** One document. A change of another one renders nothing. */
export function useDoc<V>(atom: Maybe<V>, id: string): V | undefined {
	const of = (atom ?? NO_ATOM) as SyncedAtom<V>
	const subscribe = React.useMemo(() => (f: () => void) => of.watchDoc(id, f), [of, id])
	return React.useSyncExternalStore(subscribe, () => of.deref().get(id), () => undefined)
}

const all = (it: any) => it

type Live = 'status' | 'conflicts' | 'rejected'

/** A hook for what `onStatus` tells of. */
const live = (name: Live) => (atom: Maybe<any>, select: (it: any) => any = all): any => {
	const of = atom ?? NO_ATOM
	const read = React.useMemo(() => {
		let last: unknown, value: unknown
		return (from: Pick<SyncedAtom, Live> = of) => (last === from[name] ? value : (value = select((last = from[name]))))
	}, [of, select])
	return React.useSyncExternalStore(of.onStatus, read, () => read(NO_ATOM))
}

/**
 * The status, or what `select` takes of it:
 * `useStatus(atom, (status) => status.state)`. It is called once for each status, so it
 * may return a new object.
 */
export const useStatus: <T = Status>(atom: Maybe<any>, select?: (status: Status) => T) => T = live('status')

export const useConflicts: <V>(atom: Maybe<V>) => readonly Conflict<V>[] = live('conflicts')

export const useRejected: <V>(atom: Maybe<V>) => readonly Rejected<V>[] = live('rejected')
