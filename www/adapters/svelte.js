function readable(read, watched) {
    const subscribe = (f) => {
        let last = read();
        f(last);
        // Svelte takes every object for a new one.
        return watched(() => {
            const now = read();
            if (now !== last)
                f((last = now));
        });
    };
    return { subscribe };
}
/** One document. It changes with this document only; `undefined` removes it. */
export function doc(atom, id) {
    const read = () => atom.deref().get(id);
    const set = (value) => void atom.change([[id, value]]);
    return { ...readable(read, (f) => atom.watchDoc(id, f)), set, update: (f) => set(f(read())) };
}
/** The status, or what `select` takes of it. */
export function status(atom, select = (status) => status) {
    return readable(() => select(atom.status), atom.onStatus);
}
export function conflicts(atom) {
    return readable(() => atom.conflicts, atom.onStatus);
}
export function rejected(atom) {
    return readable(() => atom.rejected, atom.onStatus);
}
