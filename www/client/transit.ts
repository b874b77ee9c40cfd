// The Transit codec, in a file of its own that is loaded on demand.
import library from 'transit-js'
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
 * has none, refuse one with a member of this name, and omit a member `__proto__`.
 */
function transform(value: any): unknown {
	if (typeof value !== 'object' || !value) return value
	const proto = Object.getPrototypeOf(value)
	const isPlain = proto === null || proto === Object.prototype
	const isOdd = isPlain ? !proto || ODD.some((name) => Object.hasOwn(value, name)) : t.isMap(value) && value.has('__proto__')
	if (!isOdd) return value
	const members: unknown[] = []
	if (isPlain) for (const entry of Object.entries(value)) members.push(...entry)
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

function keyed(fields: object): unknown {
	return t.map(Object.entries(fields).filter((entry) => entry[1] !== undefined).flatMap(([key, item]) => [t.keyword(key), item]))
}

export const transit: Codec = {
	name: 'transit',
	type: 'application/transit+json',
	stream: 'transit',
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
