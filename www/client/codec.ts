// The JSON codec, and the loading of the Transit codec.
import { load } from './load-transit.js'
import { DEEPEST, isPlain } from './plain.js'
import type { Codec } from './types.js'

/**
 * A value as JSON with all keys in order. Throws if JSON does not have the value, or
 * would change it or leave out a part of it. `early`: if Transit does not have it; what
 * only Transit has is made by its codec, which is not loaded then.
 */
function ordered(value: any, path = '', early = false, above: object[] = []): string {
	const type = ({}).toString.call(value).slice(8, -1)
	const why =
		above.includes(value) ? 'contains itself'
		: path && above[DEEPEST] && value === Object(value) ? 'is too deep'
		: early && type === 'Date' && isNaN(value) ? 'is an invalid date'
		: early && type === 'Object' && !isPlain(value) ? 'is of type ' + value.constructor.name
		: !(early && /^(Date|Uint8Array)$/.test(type)) && !/^(Null|Boolean|Number|String|Array|Object)$/.test(type) ? 'is of type ' + type
		: !early && type === 'Number' && !isFinite(value) ? 'is ' + value
		: type === 'String' && /\p{Surrogate}/u.test(value) ? 'is no text'
		: ''
	if (why) throw new TypeError(`pocketbook: ${path} ${why}`)
	const entry = (key: any) => ordered(key, path, early) + ordered(value[key], `${path}.${key}`, early, [...above, value])
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
	check: (value, path) => ordered(value, path),
	write: JSON.stringify,
	read: JSON.parse,
}

/** The Transit codec, once it is loaded. */
let transit: Codec | undefined

const loading = () =>
	load().then((all) => {
		transit = all.transit
		return all
	})

/** Makes keywords, sets and the other values of Transit. */
export function loadTransit(): Promise<any> {
	return loading().then(({ t }) => t)
}

export function codecOf(codec: 'json' | 'transit' | Codec = 'json'): Codec | Promise<Codec> {
	return codec === 'json' ? json : codec === 'transit' ? (transit ?? loading().then(() => transit!)) : codec
}

/** True if both are equal to the codec; undefined is equal to itself only. */
export function same(codec: Codec, a: unknown, b: unknown): boolean {
	return a === b || (a !== undefined && b !== undefined && (codec.same ? codec.same(a, b) : codec.encode(a) === codec.encode(b)))
}

/**
 * Throws if the codec cannot encode the value of a document. Without one, that of
 * Transit is being loaded.
 */
export function checkValue(codec = transit, id: string, value: unknown): void {
	const path = 'the value of ' + id
	if (!codec) ordered(value, path, true)
	else codec.check ? codec.check(value, path) : codec.encode(value)
}
