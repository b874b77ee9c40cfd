// A document in memory, as the server has it, with its local writes.
import type { Write } from './replica.js'

const NONE: Write[] = []

export class Doc {
	declare damaged?: boolean
	/** The last versions without a gap that this browser has made. */
	declare own?: { from: number; version: number; value: unknown }
	#decode?: (text: any) => unknown
	#value: unknown

	/**
	 * `chain`: oldest first; at most the last one is unsent. With `decode` the
	 * value is a text that is decoded at the first look.
	 */
	constructor(readonly version = 0, value?: unknown, public chain = NONE, decode?: (text: any) => unknown) {
		this.#value = value
		this.#decode = decode
	}

	get value(): unknown {
		if (this.#decode) {
			this.#value = this.#decode(this.#value)
			this.#decode = undefined
		}
		return this.#value
	}

	/** The value, or this if it has to be decoded yet. */
	get raw(): unknown {
		return this.#decode ? this : this.#value
	}
}

/** A value that may have to be decoded yet. */
export const look = (raw: any): any => (raw instanceof Doc ? raw.value : raw)
