// Preact signals of an atom. They live as long as the atom, and components that read
// them are rendered anew when what they read has changed.
import { computed, signal } from '@preact/signals-core';
const known = new WeakMap();
function signals(atom) {
    const of = known.get(atom);
    if (of)
        return of;
    const about = () => [atom.status, atom.conflicts, atom.rejected];
    const made = { docs: signal(atom.deref()), about: signal(about()) };
    atom.subscribe((docs) => (made.docs.value = docs));
    atom.onStatus(() => (made.about.value = about()));
    known.set(atom, made);
    return made;
}
/** All documents. */
export function docs(atom) {
    return signals(atom).docs;
}
/** One document. It changes with this document only. */
export function doc(atom, id) {
    return computed(() => docs(atom).value.get(id));
}
/** The status, or what `select` takes of it. */
export function status(atom, select = (status) => status) {
    return computed(() => select(signals(atom).about.value[0]));
}
export function conflicts(atom) {
    return computed(() => signals(atom).about.value[1]);
}
export function rejected(atom) {
    return computed(() => signals(atom).about.value[2]);
}
