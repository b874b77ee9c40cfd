// The Transit codec, in a file of its own that is loaded on demand.
import t from 'transit-js'
import type { Codec } from './types.js'

export { t }

// Stored values are self-contained, without cache codes; requests are in the compact
// mode.
const stored = t.writer('json-verbose')
const wire = t.writer('json')
const reader = t.reader('json')

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
		return stored.write(value)
	},
	decode: (text) => reader.read(text),
	write: (push) => wire.write(t.map([t.keyword('docs'), push.docs.map(keyed)])),
	read: (text) => plain(reader.read(text)) as Record<string, unknown>,
}
