// Translates batches to rows of the storage and back. They differ in the values, which
// are the codec's text in rows.
import type { Batch } from './replica.js'
import type { Codec, Rows } from './types.js'

const VALUES = { docs: ['value'], put: ['value', 'was'], conflicts: ['base', 'mine', 'theirs'] }

/** An undefined value (no such document) stays undefined. */
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

/** The `end` of a batch is the `drop` of its rows. */
export function toRows({ end, force, ...batch }: Batch, codec: Codec): Rows {
	return { ...translated(batch, codec.encode), drop: end?.map(({ op }) => op) }
}

export function fromRows(rows: Rows, codec: Codec): Batch {
	return translated(rows, codec.decode)
}
