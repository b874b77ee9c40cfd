// The Transit codec, in a file of its own that is loaded on demand.
import { DEEPEST, isPlain } from './plain.js'
import { Reader, type ReaderOptions, type WriteHandler, Writer, type WriterOptions } from './transit-text.js'
import {
	binary, equals, extendToEQ, integer, Keyword, Long, map, set, Symbol_, TaggedValue, TransitMap, TransitSet, UUID, uuid,
} from './transit-values.js'
import type { Codec } from './types.js'

const tagged = (tag: string, rep: unknown) => new TaggedValue(tag, rep)
const isTagged = (tag: string) => (value: any) => value instanceof TaggedValue && value.tag === tag
const of = (tag: string) => (rep: unknown) => tagged(tag, rep)
const isTransitMap = (value: unknown): value is TransitMap => value instanceof TransitMap
const modes = ['json', 'json-verbose']
function checkMode(mode = 'json'): void {
	if (!modes.includes(mode)) throw new Error(`pocketbook: no Transit of type ${mode}`)
}

/**
 * Makes and knows the values that JavaScript does not have, as transit-js does: with
 * the same functions and methods.
 */
export const t: any = {
	reader: (mode?: string, options?: ReaderOptions) => (checkMode(mode), new Reader(options)),
	writer: (mode?: string, options?: WriterOptions) => (checkMode(mode), new Writer(mode === 'json-verbose', options)),
	makeWriteHandler: (handler: WriteHandler) => handler,
	makeBuilder: (builder: object) => builder,
	date: (time: number | string) => new Date(+time),
	integer, isInteger: (value: unknown) => value instanceof Long || Number.isInteger(value),
	uuid, UUIDfromString: uuid, isUUID: (value: unknown) => value instanceof UUID,
	randomUUID: () => `${uuid([...crypto.getRandomValues(new Uint8Array(16))].map((byte, i) => (i === 6 ? (byte & 15) | 64 : i === 8 ? (byte & 63) | 128 : byte).toString(16).padStart(2, '0')).join(''))}`,
	bigInt: of('n'), isBigInt: isTagged('n'),
	bigDec: of('f'), isBigDec: isTagged('f'),
	keyword: (name: string) => new Keyword(name), isKeyword: (value: unknown) => value instanceof Keyword,
	symbol: (name: string) => new Symbol_(name), isSymbol: (value: unknown) => value instanceof Symbol_,
	binary, isBinary: (value: unknown) => value instanceof Uint8Array,
	uri: of('r'), isURI: isTagged('r'),
	map, isMap: isTransitMap,
	set, isSet: (value: unknown) => value instanceof TransitSet,
	list: of('list'), isList: isTagged('list'),
	quoted: of("'"), isQuoted: isTagged("'"),
	tagged, isTaggedValue: (value: unknown) => value instanceof TaggedValue,
	link: of('link'), isLink: isTagged('link'),
	equals, extendToEQ,
	objectToMap: (value: object) => map(Object.entries(value).flat(1)),
	mapToObject: (value: TransitMap) => Object.fromEntries(value),
}

/** The same as of the served library. */
export const loadTransit = (): Promise<any> => Promise.resolve(t)

// The mode without cache codes: stored values are self-contained.
const writer = new Writer(true)
const reader = new Reader()

/** Makes plain objects of the envelope's maps; values of documents stay as they are. */
function plain(node: unknown, key = ''): unknown {
	if (key === 'value') return node
	if (Array.isArray(node)) return node.map((item) => plain(item))
	if (!isTransitMap(node)) return node
	const out: Record<string, unknown> = {}
	node.forEach((item, name) => {
		const text = name instanceof Keyword ? name.name() : String(name)
		out[text] = plain(item, text)
	})
	return out
}

const entriesOf = (fields: object) => Object.entries(fields).filter((entry) => entry[1] !== undefined)

const keyed = (fields: object) => new TransitMap(entriesOf(fields).flatMap(([key, item]) => [new Keyword(key), item]))

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
	if (isTransitMap(value)) return [...value].flatMap(([key, item]) => [[key, `a key of ${path}`], [item, `${path}.${key instanceof Keyword || typeof key === 'string' ? key : '…'}`]])
	if (value instanceof TransitSet) return value.keySet().map((item) => [item, `a member of ${path}`])
	// A list too.
	if (value instanceof TaggedValue) return Array.isArray(value.rep) ? parts(value.rep, path) : [[value.rep, path]]
	return []
}

/** Throws if Transit does not have the value, or would change it. */
function check(value: any, path: string, above: object[] = []): void {
	const isCycle = above.includes(value)
	const inside = isCycle ? [] : parts(value, path)
	const why =
		isCycle ? 'contains itself'
		: above[DEEPEST] && inside.length ? 'is too deep'
		: value instanceof Date && isNaN(+value) ? 'is an invalid date'
		: typeof value === 'symbol' ? 'is of type Symbol'
		: value instanceof TaggedValue && !isTag(value) ? 'has a tag of one character'
		: inside.length || isPlain(value) ? ''
		: /\p{Surrogate}/u.test(`${value}`) ? 'is no text'
		: isWritten(value) ? ''
		: `is of type ${value?.constructor.name ?? 'Undefined'}`
	if (why) throw new TypeError(`pocketbook: ${path} ${why}`)
	for (const [item, place] of inside) check(item, place, [...above, value])
}

/** A tag of one character needs a text. */
const isTag = ({ tag, rep }: TaggedValue) => /../s.test(tag) || tag === "'" || typeof rep === 'string'

function isWritten(value: any): boolean {
	try {
		return value !== undefined && !!writer.write(value)
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
			return writer.write(value)
		} catch (error) {
			// A RangeError for a cycle.
			throw new TypeError(`pocketbook: not a Transit value: ${error}`)
		}
	},
	decode: (text) => reader.read(text),
	write: (push) => writer.write(keyed({ ...push, docs: push.docs.map(keyed) })),
	read: (text) => plain(reader.read(text)) as Record<string, unknown>,
}
