// The JSON codec, and the loading of the Transit codec.
import { load } from './load-transit.js'
import type { Codec } from './types.js'

export const json: Codec = {
	name: 'json',
	type: 'application/json',
	stream: 'json',
	encode(value) {
		const text: string | undefined = JSON.stringify(value)
		if (text === undefined) throw new TypeError(`pocketbook: not a JSON value: ${typeof value}`)
		return text
	},
	decode: JSON.parse,
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

/** True if the codec encodes both alike. Throws if it cannot encode one of them. */
export function same(codec: Codec, a: unknown, b: unknown): boolean {
	const text = (value: unknown) => (value === undefined ? value : codec.encode(value))
	return a === b || text(a) === text(b)
}
