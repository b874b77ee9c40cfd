// Hooks for React. A component is rendered anew when what it asked for has changed.
import * as React from 'react';
import { SyncedAtom } from '../client/index.js';
import { NO_ATOM } from './initial.js';
const Defaults = React.createContext({});
/** Gives its options to all atoms below it. */
export function PocketbookProvider({ children, ...value }) {
    return React.createElement(Defaults.Provider, { value }, children);
}
/**
 * The atom of a group; undefined until the component is mounted. It ends with the
 * component. Another url, user, codec or storage makes another atom; another token is
 * set in the present one.
 */
export function useSyncedAtom(group, options) {
    const all = { ...React.useContext(Defaults), ...options, group };
    const { url, user, codec, storage, token } = all;
    // Of a function only.
    const calls = token?.call;
    const render = React.useState()[1];
    const of = React.useMemo(Object, [url, user, group, codec, storage, calls]);
    of.all = all;
    React.useEffect(() => {
        if (!calls)
            of.atom?.setToken(token);
    }, [token]);
    React.useEffect(() => {
        const now = { ...all };
        // Functions of the last rendering, not of this one.
        for (const name in now)
            now[name]?.call && (now[name] = (...args) => of.all[name](...args));
        of.atom = new SyncedAtom(now);
        render({});
        return () => (of.atom = void of.atom.destroy());
    }, [of]);
    return of.atom;
}
/** All documents. */
export function useDocs(atom) {
    const of = atom ?? NO_ATOM;
    return React.useSyncExternalStore(of.subscribe, of.deref, NO_ATOM.deref);
}
/** One document. A change of another one renders nothing. */
export function useDoc(atom, id) {
    const of = (atom ?? NO_ATOM);
    const subscribe = React.useMemo(() => (f) => of.watchDoc(id, f), [of, id]);
    return React.useSyncExternalStore(subscribe, () => of.deref().get(id), () => undefined);
}
const all = (it) => it;
/** A hook for what `onStatus` tells of. */
const live = (name) => (atom, select = all) => {
    const of = atom ?? NO_ATOM;
    const read = React.useMemo(() => {
        let last, value;
        return (from = of) => (last === from[name] ? value : (value = select((last = from[name]))));
    }, [of, select]);
    return React.useSyncExternalStore(of.onStatus, read, () => read(NO_ATOM));
};
/**
 * The status, or what `select` takes of it:
 * `useStatus(atom, (status) => status.state)`. It is called once for each status, so it
 * may return a new object.
 */
export const useStatus = live('status');
export const useConflicts = live('conflicts');
export const useRejected = live('rejected');
