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

/** transit-js as the codec has it, to make keywords, sets and the rest with. */
export function loadTransit(): Promise<any> {
	return import('./transit.js').then((m) => m.t)
}

/** The Transit codec is a chunk of its own that is loaded when it is asked for. */
export function codecOf(codec: 'json' | 'transit' | Codec = 'json'): Codec | Promise<Codec> {
	return codec === 'json' ? json : codec === 'transit' ? import('./transit.js').then((m) => m.transit) : codec
}
