// The map of documents that an app sees: changes, differences and checks of it.
import type { Docs } from './types.js'

/** Up to so many documents, or changes in a layer, a Map is copied. */
const MOST = 256

type Edits<V> = [id: string, value: V | undefined][]
interface Layers<V> { below: Docs<V>; above: ReadonlyMap<string, V | undefined> }

/** Puts edits into a map; `undefined` removes a document. */
export function put<V>(map: Map<string, V>, edits: Iterable<Edits<V>[number]>): Map<string, V> {
	for (const [id, value] of edits) value === undefined ? map.delete(id) : map.set(id, value)
	return map
}

const copied = <V>(docs: Docs<V>, edits: Iterable<Edits<V>[number]>) => put(new Map(docs), edits)

/**
 * A map and a few changes above it: the result of changing one among many documents. It
 * becomes a Map when more than single documents are read.
 */
class Layered<V> {
	#all?: Map<string, V>
	constructor(readonly below: Docs<V>, readonly above: ReadonlyMap<string, V | undefined>) {}

	get(id: string): V | undefined {
		return this.above.has(id) ? this.above.get(id) : this.below.get(id)
	}

	get size(): number {
		return this.whole().size
	}

	whole(): Map<string, V> {
		return (this.#all ??= copied(this.below, this.above))
	}
}

for (const name of ['has', 'forEach', 'entries', 'keys', 'values', Symbol.iterator])
	(Layered.prototype as any)[name] = function (...args: unknown[]) {
		return this.whole()[name](...args)
	}

const layers = <V>(docs: Docs<V>): Layers<V> => (docs instanceof Layered ? docs : { below: docs, above: new Map() })

/**
 * `docs` with edits, at a cost that does not depend on the number of documents;
 * `undefined` removes a document.
 */
export function changed<V>(docs: Docs<V>, edits: Edits<V>): Docs<V> {
	const { below, above } = layers(docs)
	if (below.size <= MOST || above.size + edits.length > MOST) return copied(docs, edits)
	return new Layered(below, new Map([...above, ...edits])) as unknown as Docs<V>
}

/**
 * The edits that make `after` from `before`. Throws if the group cannot have one of
 * them.
 */
export function difference<V>(group: string, before: Docs<V>, after: Docs<V>): Edits<V> {
	const old = layers(before), now = layers(after)
	const related = old.below === now.below
	const edits: Edits<V> = []
	for (const id of related ? new Set([...old.above.keys(), ...now.above.keys()]) : after.keys()) {
		const value = after.get(id)
		if (before.get(id) === value && (related || value !== undefined)) continue
		// The id of a removed document was checked when it was added.
		if (!related || value !== undefined) check(group, id, value)
		edits.push([id, value])
	}
	if (!related) for (const id of before.keys()) if (!after.has(id)) edits.push([id, undefined])
	return edits
}

const INVALID = 'is too long, too deep or has control characters'
/** Of an id, or of a group with a colon behind it: more than 512 bytes, or than 32
 * colons that end the name of a group. */
const isInvalid = (name: string) => /[\p{Cc}\p{Cs}]|^.([^:]*:){33}/u.test(name) || new TextEncoder().encode(name).length > 512

/** Checks the protocol's rules for a group: the server would refuse each request. */
export function checkGroup(group: string): void {
	if (!group || isInvalid(group + ':')) throw new TypeError(`pocketbook: the group ${JSON.stringify(group)} ${INVALID}`)
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
