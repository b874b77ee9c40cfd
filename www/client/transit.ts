// The Transit codec, in a file of its own that is loaded on demand.
import library from 'transit-js'
import { isPlain } from './plain.js'
import type { Codec } from './types.js'

// transit-js has no types, and an app's type check need not miss them.
export const t: any = library

/** transit-js as the codec uses it; the same as of the served library. */
export const loadTransit = (): Promise<any> => Promise.resolve(t)

// The mode without cache codes: stored values are self-contained, and the cache of
// transit-js fails for the names of Object.prototype's members.
const writer = t.writer('json-verbose', { transform })
const reader = t.reader('json')
const ODD = ['constructor', '__proto__']

/**
 * transit-js looks at the constructor of an object. It would write null for one that
 * has none, refuse one with a member of this name, and omit a member `__proto__`. A
 * member that is undefined would come back as null; it is left out, as in JSON.
 */
function transform(value: any): unknown {
	if (typeof value !== 'object' || !value) return value
	const isOdd = isPlain(value)
		? !Object.getPrototypeOf(value) || ODD.some((name) => Object.hasOwn(value, name)) || Object.values(value).includes(undefined)
		: t.isMap(value) && value.has('__proto__')
	if (!isOdd) return value
	const members: unknown[] = []
	if (isPlain(value)) for (const entry of entriesOf(value)) members.push(...entry)
	else value.forEach((item: unknown, key: unknown) => members.push(key, item))
	// As a map whose keys are no strings, which it need not be.
	return members.includes('__proto__') ? t.tagged('cmap', members) : t.map(members)
}

/** Makes plain objects of the envelope's maps; values of documents stay as they are. */
function plain(node: unknown, key = ''): unknown {
	if (key === 'value') return node
	if (Array.isArray(node)) return node.map((item) => plain(item))
	if (!t.isMap(node)) return node
	const out: Record<string, unknown> = {}
	const map = node as { forEach(f: (item: unknown, name: any) => void): void }
	map.forEach((item, name) => {
		const text = t.isKeyword(name) ? name.name() : String(name)
		out[text] = plain(item, text)
	})
	return out
}

const entriesOf = (fields: object) => Object.entries(fields).filter((entry) => entry[1] !== undefined)

function keyed(fields: object): unknown {
	return t.map(entriesOf(fields).flatMap(([key, item]) => [t.keyword(key), item]))
}

/**
 * Text that is the same for equal values: in it the keys of maps and the members of
 * sets are in order. `node` is a value as it is written.
 */
function ordered(node: any): string {
	if (Array.isArray(node)) return `[${node.map(ordered)}]`
	if (typeof node !== 'object' || !node) return JSON.stringify(node)
	const members = Object.entries(node).map(([key, item]: [string, any]) => {
		const items = key === '~#set' ? item.map(ordered).sort() : key === '~#cmap' ? pairs(item).map(ordered).sort() : ordered(item)
		return `${JSON.stringify(key)}:${items}`
	})
	return `{${members.sort()}}`
}

/** Keys and values in turn. */
const pairs = (items: unknown[]) => items.flatMap((key, i) => (i % 2 ? [] : [[key, items[i + 1]]]))

function same(a: unknown, b: unknown): boolean {
	const [one, other] = [transit.encode(a), transit.encode(b)]
	return one === other || ordered(JSON.parse(one)) === ordered(JSON.parse(other))
}

/** The values in a value, with their places. */
function parts(value: any, path: string): [value: unknown, path: string][] {
	if (Array.isArray(value)) return [...value.keys()].map((i) => [value[i], `${path}.${i}`])
	if (isPlain(value)) return entriesOf(value).flatMap(([key, item]) => [[key, path], [item, `${path}.${key}`]])
	const found: [unknown, string][] = []
	if (t.isMap(value)) value.forEach((item: unknown, key: unknown) => found.push([key, `a key of ${path}`], [item, `${path}.${t.isKeyword(key) || typeof key === 'string' ? key : '…'}`]))
	if (t.isSet(value)) value.forEach((item: unknown) => found.push([item, `a member of ${path}`]))
	// A list too.
	if (t.isTaggedValue(value)) found.push(...(Array.isArray(value.rep) ? parts(value.rep, path) : [[value.rep, path] as [unknown, string]]))
	return found
}

/** Throws if Transit does not have the value, or would change it. */
function check(value: any, path: string, above: unknown[] = []): void {
	const inside = above.includes(value) ? [] : parts(value, path)
	const why =
		above.includes(value) ? 'contains itself'
		: value instanceof Date && isNaN(+value) ? 'is an invalid date'
		: typeof value === 'symbol' ? 'is of type Symbol'
		: t.isTaggedValue(value) && !/../s.test(value.tag) ? 'has a tag of one character'
		: inside.length || isPlain(value) ? ''
		: /\p{Surrogate}/u.test(`${value}`) ? 'is no text'
		: isWritten(value) ? ''
		: `is of type ${value?.constructor.name ?? 'Undefined'}`
	if (why) throw new TypeError(`pocketbook: ${path} ${why}`)
	for (const [item, place] of inside) check(item, place, [...above, value])
}

function isWritten(value: any): boolean {
	try {
		return value !== undefined && !!writer.write(transform(value))
	} catch {
		return false
	}
}

export const transit: Codec = {
	name: 'transit',
	type: 'application/transit+json',
	stream: 'transit',
	same,
	check,
	encode(value) {
		if (value === undefined) throw new TypeError('pocketbook: not a Transit value: undefined')
		try {
			return writer.write(transform(value))
		} catch (error) {
			// A RangeError for a cycle.
			throw new TypeError(`pocketbook: not a Transit value: ${error}`)
		}
	},
	decode: (text) => reader.read(text),
	write: (push) => writer.write(keyed({ ...push, docs: push.docs.map(keyed) })),
	read: (text) => plain(reader.read(text)) as Record<string, unknown>,
}
