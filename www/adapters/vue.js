// Composables for Vue. What they return is shallow: documents are not made reactive
// inside, as they are never changed in place.
import { hasInjectionContext, inject, onScopeDispose, provide, shallowRef, toValue, watch, } from 'vue';
import { SyncedAtom } from '../client/index.js';
const DEFAULTS = Symbol();
/** Gives its options to all atoms of the components below this one. */
export function providePocketbook(options) {
    provide(DEFAULTS, options);
}
/** The atom of a group. It ends with the component, or the scope. */
export function useSyncedAtom(group, options) {
    const atom = new SyncedAtom({ ...(hasInjectionContext() ? inject(DEFAULTS, {}) : {}), ...options, group });
    onScopeDispose(() => void atom.destroy());
    return atom;
}
function live(read, watched) {
    const value = shallowRef(read());
    onScopeDispose(watched(() => (value.value = read())));
    return value;
}
/** All documents. */
export function useDocs(atom) {
    return live(atom.deref, atom.subscribe);
}
/** One document. It changes with this document only. */
export function useDoc(atom, id) {
    const value = shallowRef();
    const follow = (id, _before, onEnd) => {
        value.value = atom.deref().get(id);
        onEnd(atom.watchDoc(id, (now) => (value.value = now)));
    };
    watch(() => toValue(id), follow, { immediate: true, flush: 'sync' });
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
