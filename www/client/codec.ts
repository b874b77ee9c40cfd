// The JSON codec, and the loading of the Transit codec.
import { load } from './load-transit.js'
import type { Codec } from './types.js'

/**
 * A value as JSON with all keys in order. Throws if JSON does not have the value, or
 * would change it or leave out a part of it.
 */
function ordered(value: any, path = '', above: object[] = []): string {
	const type = ({}).toString.call(value).slice(8, -1)
	const why =
		above.includes(value) ? 'contains itself'
		: !/^(Null|Boolean|Number|String|Array|Object)$/.test(type) ? 'is of type ' + type
		: type === 'Number' && !isFinite(value) ? 'is ' + value
		: type === 'String' && /\p{Surrogate}/u.test(value) ? 'is no text'
		: ''
	if (why) throw new TypeError(`pocketbook: ${path} ${why}`)
	const entry = (key: any) => ordered(key, path) + ordered(value[key], `${path}.${key}`, [...above, value])
	return (
		type === 'Array' ? `[${[...value.keys()].map(entry)}]`
		: type === 'Object' ? `{${Object.keys(value).filter((key) => value[key] !== undefined).sort().map(entry)}}`
		: JSON.stringify(value)
	)
}

export const json: Codec = {
	name: 'json',
	type: 'application/json',
	stream: 'json',
	encode: JSON.stringify,
	decode: JSON.parse,
	same: (a, b) => ordered(a) === ordered(b),
	check: ordered,
	write: JSON.stringify,
	read: JSON.parse,
}

/** transit-js as the codec uses it, to make keywords, sets and other values. */
export function loadTransit(): Promise<any> {
	return load().then(({ t }) => t)
}

export function codecOf(codec: 'json' | 'transit' | Codec = 'json'): Codec | Promise<Codec> {
	return codec === 'json' ? json : codec === 'transit' ? load().then(({ transit }) => transit) : codec
}

/** True if both are equal to the codec; undefined is equal to itself only. */
export function same(codec: Codec, a: unknown, b: unknown): boolean {
	return a === b || (a !== undefined && b !== undefined && (codec.same ? codec.same(a, b) : codec.encode(a) === codec.encode(b)))
}

/** Throws if the codec cannot encode the value of a document. */
export function checkValue(codec: Codec, id: string, value: unknown): void {
	codec.check ? codec.check(value, 'the value of ' + id) : codec.encode(value)
}
