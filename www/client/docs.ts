// The map of documents that an app sees: changes, differences and checks of it.
import { Doc, look } from './doc.js'
import type { Docs } from './types.js'

/** Up to so many documents, or changes in a layer, a Map is copied. */
const MOST = 256
/** Many changes at once make a layer of so many times their number, at most. */
const TIMES = 16

type Edits<V> = [id: string, value: V | undefined][]
interface Layers<V> { below: Docs<V>; above: ReadonlyMap<string, V | undefined> }

/** Puts a value into a map; `undefined` removes the document. */
export function put<V>(map: Map<string, V>, id: string, value: V | undefined): void {
	value === undefined ? map.delete(id) : map.set(id, value)
}

function copied<V>(docs: Docs<V>, edits: Iterable<Edits<V>[number]>): Map<string, V> {
	const map = new Map(docs)
	for (const [id, value] of edits) put(map, id, value)
	return map
}

/**
 * A map and a few changes above it: the result of changing one among many documents. It
 * becomes a Map when more than single documents are read. Values of `below` may have
 * to be decoded yet: one that is read is, and all are when they are iterated over.
 */
class Layered<V> {
	#all?: Map<string, V>
	constructor(readonly below: Docs<V>, readonly above: ReadonlyMap<string, V | undefined>) {}

	get(id: string): V | undefined {
		return this.above.has(id) ? this.above.get(id) : look(this.below.get(id))
	}

	get size(): number {
		return this.whole().size
	}

	whole(): Map<string, V> {
		return (this.#all ??= this.above.size ? copied(this.below, this.above) : (this.below as Map<string, V>))
	}
}

;['has', 'keys', 'forEach', 'entries', 'values', Symbol.iterator].forEach((name, i) => {
	;(Layered.prototype as any)[name] = function (...args: unknown[]) {
		const all = this.whole()
		return (i < 2 ? all : decoded(all))[name](...args)
	}
})

/** Decodes all values, in place: to all who look at the map they are the same. */
function decoded<V>(all: Map<string, V>): Map<string, V> {
	all.forEach((raw, id) => raw instanceof Doc && all.set(id, raw.value as V))
	return all
}

/** What an app sees of documents whose values may have to be decoded yet. */
export function opened<V>(all: Map<string, V>): Docs<V> {
	return all.size > MOST ? (new Layered(all, new Map()) as unknown as Docs<V>) : decoded(all)
}

/** `docs` as a Map, with values that have to be decoded yet. */
const whole = <V>(docs: Docs<V>) => (docs instanceof Layered ? (docs.whole() as Map<string, V>) : docs)

const layers = <V>(docs: Docs<V>): Layers<V> => (docs instanceof Layered ? docs : { below: docs, above: new Map() })

/**
 * `docs` with edits, at a cost that does not depend on the number of documents;
 * `undefined` removes a document.
 */
export function changed<V>(docs: Docs<V>, edits: Edits<V>): Docs<V> {
	const { below, above } = layers(docs)
	const all = new Map([...above, ...edits])
	return below.size <= MOST || all.size > Math.max(MOST, TIMES * edits.length) ? opened(copied(below, all)) : (new Layered(below, all) as unknown as Docs<V>)
}

/**
 * The edits that make `after` from `before`. Throws if the group cannot have one of
 * them.
 */
export function difference<V>(group: string, before: Docs<V>, after: Docs<V>): Edits<V> {
	const old = layers(before), now = layers(after)
	const related = old.below === now.below
	const edits: Edits<V> = []
	// What was not decoded yet is compared as it is.
	const [was, is] = related ? [before, after] : [whole(before), whole(after)]
	for (const id of related ? new Set([...old.above.keys(), ...now.above.keys()]) : is.keys()) {
		const value = is.get(id)
		if (was.get(id) === value && (related || value !== undefined)) continue
		// The id of a removed document was checked when it was added.
		if (!related || value !== undefined) check(group, id, value)
		edits.push([id, look(value)])
	}
	if (!related) for (const id of was.keys()) if (!is.has(id)) edits.push([id, undefined])
	return edits
}

const INVALID = 'is too long, too deep or has control characters'
/** Of an id, or of a group with a colon behind it: more than 512 bytes, or than 32
 * colons that end the name of a group. */
const isInvalid = (name: string) => /[\p{Cc}\p{Cs}]|^.([^:]*:){33}/u.test(name) || new TextEncoder().encode(name).length > 512

/** Checks the protocol's rules for a group: the server would refuse each request. */
export function checkGroup(group: string): void {
	const wrong = !group || group === '*' || group.endsWith(':') ? 'is no group of an atom' : isInvalid(group + ':') ? INVALID : ''
	if (wrong) throw new TypeError(`pocketbook: the group ${JSON.stringify(group)} ${wrong}`)
}

/** Checks the protocol's rules for an id, so that a mistake shows in the swap. */
function check(group: string, id: string, value: unknown): void {
	const wrong =
		value === undefined ? 'is undefined'
		// Something on either side of a colon, not necessarily the group's.
		: !`${id}`.startsWith(group + ':') || !/.:./s.test(id) ? `is not in the group ${group}`
		: isInvalid(id) ? INVALID
		: ''
	if (wrong) throw new TypeError(`pocketbook: the id ${JSON.stringify(id)} ${wrong}`)
}

/** Adds or replaces one document: `atom.swap(assoc, id, value)`. */
export function assoc<V>(docs: Docs<V>, id: string, value: V): Docs<V> {
	// `difference` rejects the value undefined.
	return value === undefined ? new Map(docs).set(id, value) : changed(docs, [[id, value]])
}

/** Removes documents: `atom.swap(dissoc, id)`. */
export function dissoc<V>(docs: Docs<V>, ...ids: string[]): Docs<V> {
	return changed(docs, ids.map((id) => [id, undefined]))
}
