// The map of documents that an app sees: changes, differences and checks of it.
import { Doc, look } from './doc.js';
/** Up to so many documents, or changes in a layer, a Map is copied. */
const MOST = 256;
/** Many changes at once make a layer of so many times their number, at most. */
const TIMES = 16;
/** Puts a value into a map; `undefined` removes the document. */
export function put(map, id, value) {
    value === undefined ? map.delete(id) : map.set(id, value);
}
function copied(docs, edits) {
    const map = new Map(docs);
    for (const [id, value] of edits)
        put(map, id, value);
    return map;
}
/**
 * A map and a few changes above it: the result of changing one among many documents. It
 * becomes a Map when more than single documents are read. Values of `below` may have
 * to be decoded yet: one that is read is, and all are when they are iterated over.
 */
class Layered {
    #all;
    constructor(below, above) {
        this.below = below;
        this.above = above;
    }
    get(id) {
        return this.above.has(id) ? this.above.get(id) : look(this.below.get(id));
    }
    get size() {
        return this.whole().size;
    }
    whole() {
        return (this.#all ??= this.above.size ? copied(this.below, this.above) : this.below);
    }
}
;
['has', 'keys', 'forEach', 'entries', 'values', Symbol.iterator].forEach((name, i) => {
    ;
    Layered.prototype[name] = function (...args) {
        const all = this.whole();
        return (i < 2 ? all : decoded(all))[name](...args);
    };
});
/** Decodes all values, in place: to all who look at the map they are the same. */
function decoded(all) {
    all.forEach((raw, id) => raw instanceof Doc && all.set(id, raw.value));
    return all;
}
/** What an app sees of documents whose values may have to be decoded yet. */
export function opened(all) {
    return all.size > MOST ? new Layered(all, new Map()) : decoded(all);
}
/** `docs` as a Map, with values that have to be decoded yet. */
const whole = (docs) => (docs instanceof Layered ? docs.whole() : docs);
const layers = (docs) => (docs instanceof Layered ? docs : { below: docs, above: new Map() });
/**
 * `docs` with edits, at a cost that does not depend on the number of documents;
 * `undefined` removes a document.
 */
export function changed(docs, edits) {
    const { below, above } = layers(docs);
    const all = new Map([...above, ...edits]);
    return below.size <= MOST || all.size > Math.max(MOST, TIMES * edits.length) ? opened(copied(below, all)) : new Layered(below, all);
}
/**
 * The edits that make `after` from `before`. Throws if the group cannot have one of
 * them.
 */
export function difference(group, before, after) {
    const old = layers(before), now = layers(after);
    const related = old.below === now.below;
    const edits = [];
    // What was not decoded yet is compared as it is.
    const [was, is] = related ? [before, after] : [whole(before), whole(after)];
    for (const id of related ? new Set([...old.above.keys(), ...now.above.keys()]) : is.keys()) {
        const value = is.get(id);
        if (was.get(id) === value && (related || value !== undefined))
            continue;
        // The id of a removed document was checked when it was added.
        if (!related || value !== undefined)
            check(group, id, value);
        edits.push([id, look(value)]);
    }
    if (!related)
        for (const id of was.keys())
            if (!is.has(id))
                edits.push([id, undefined]);
    return edits;
}
const INVALID = 'is too long, too deep or has control characters';
/** Of an id, or of a group with a colon behind it: more than 512 bytes, or than 32
 * colons that end the name of a group. */
const isInvalid = (name) => /[\p{Cc}\p{Cs}]|^.([^:]*:){33}/u.test(name) || new TextEncoder().encode(name).length > 512;
/** Checks the protocol's rules for a group: the server would refuse each request. */
export function checkGroup(group) {
    if (!group || isInvalid(group + ':'))
        throw new TypeError(`pocketbook: the group ${JSON.stringify(group)} ${INVALID}`);
}
/** Checks the protocol's rules for an id, so that a mistake shows in the swap. */
function check(group, id, value) {
    const wrong = value === undefined ? 'is undefined'
        // Something on either side of a colon, not necessarily the group's.
        : !`${id}`.startsWith(group + ':') || !/.:./s.test(id) ? `is not in the group ${group}`
            : isInvalid(id) ? INVALID
                : '';
    if (wrong)
        throw new TypeError(`pocketbook: the id ${JSON.stringify(id)} ${wrong}`);
}
/** Adds or replaces one document: `atom.swap(assoc, id, value)`. */
export function assoc(docs, id, value) {
    // `difference` rejects the value undefined.
    return value === undefined ? new Map(docs).set(id, value) : changed(docs, [[id, value]]);
}
/** Removes documents: `atom.swap(dissoc, id)`. */
export function dissoc(docs, ...ids) {
    return changed(docs, ids.map((id) => [id, undefined]));
}
