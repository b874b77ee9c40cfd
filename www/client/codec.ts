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

/** A chunk of its own that is loaded when it is asked for. */
const load = () => import('./transit.js')

/** transit-js as the codec has it, to make keywords, sets and the rest with. */
export function loadTransit(): Promise<any> {
	return load().then(({ t }) => t)
}

export function codecOf(codec: 'json' | 'transit' | Codec = 'json'): Codec | Promise<Codec> {
	return codec === 'json' ? json : codec === 'transit' ? load().then(({ transit }) => transit) : codec
}

/** Are they the same to the codec? Throws where it cannot write one of them. */
export function same(codec: Codec, a: unknown, b: unknown): boolean {
	const text = (value: unknown) => (value === undefined ? value : codec.encode(value))
	return a === b || text(a) === text(b)
}
