import type { Batch } from './replica.js'
import type { Codec, Rows } from './types.js'

// A batch and its rows are the same, but for the values: in rows they are text.

const VALUES = { docs: ['value'], put: ['value', 'was'], conflicts: ['base', 'mine', 'theirs'] }

/** No value (no such document) stays none. */
function translated(batch: any, translate: (value: any) => unknown): any {
	const out = { ...batch }
	for (const [name, fields] of Object.entries(VALUES))
		out[name] = batch[name]?.map((row: any) => {
			const copy = { ...row }
			for (const field of fields) if (row[field] !== undefined) copy[field] = translate(row[field])
			return copy
		})
	return out
}

/** Without `end`, which is `drop` there. */
export function toRows({ end, force, ...batch }: Batch, codec: Codec): Rows {
	return { ...translated(batch, codec.encode), drop: end?.map(({ op }) => op) }
}

export function fromRows(rows: Rows, codec: Codec): Batch {
	return translated(rows, codec.decode)
}
