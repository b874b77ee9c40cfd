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

/** The Transit codec is a chunk of its own that is loaded when it is asked for. */
export function codecOf(codec: 'json' | 'transit' | Codec = 'json'): Codec | Promise<Codec> {
	return codec === 'json' ? json : codec === 'transit' ? import('./transit.js').then((m) => m.transit) : codec
}
