// Signals for Solid.
import { createComponent, createComputed, createContext, createSignal, onCleanup, splitProps, useContext } from 'solid-js';
import { SyncedAtom } from '../client/index.js';
const Defaults = createContext({});
/** Gives its options to all atoms below it. */
export function PocketbookProvider(props) {
    const [inner, value] = splitProps(props, ['children']);
    return createComponent(Defaults.Provider, {
        value,
        // Not read before the context is there.
        get children() {
            return inner.children;
        },
    });
}
/** The atom of a group. It ends with the component, or the root. */
export function useSyncedAtom(group, options) {
    const atom = new SyncedAtom({ ...useContext(Defaults), ...options, group });
    onCleanup(() => void atom.destroy());
    return atom;
}
function live(read, watched) {
    const [value, set] = createSignal(read());
    onCleanup(watched(() => set(read)));
    return value;
}
/** All documents. */
export function useDocs(atom) {
    return live(atom.deref, atom.subscribe);
}
/** One document. It changes with this document only. The id may be an accessor. */
export function useDoc(atom, id) {
    const [value, set] = createSignal();
    createComputed(() => {
        const now = typeof id === 'function' ? id() : id;
        const update = () => set(() => atom.deref().get(now));
        update();
        onCleanup(atom.watchDoc(now, update));
    });
    return value;
}
/** The status, or what `select` takes of it. */
export function useStatus(atom, select = (status) => status) {
    return live(() => select(atom.status), atom.onStatus);
}
export function useConflicts(atom) {
    return live(() => atom.conflicts, atom.onStatus);
}
export function useRejected(atom) {
    return live(() => atom.rejected, atom.onStatus);
}
