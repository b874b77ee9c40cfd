// A merge function for plain objects.
import { json, same } from './codec.js'
import { isPlain } from './plain.js'

type Fields = Map<string, unknown>

/**
 * A merge function: of each field the side that changed it, and mine if both did. An
 * edited document is kept if the other side deleted it. Values that are not plain
 * objects cannot be merged: they are a conflict.
 */
export function mergeFields(base: any, mine: any, theirs: any, _id?: string, codec = json): any {
	if (mine === undefined) return theirs
	if (theirs === undefined) return mine
	const [old, my, their] = [base ?? {}, mine, theirs].map((value) => {
		if (!isPlain(value)) throw new TypeError('no plain object')
		return new Map(Object.entries(value))
	}) as [Fields, Fields, Fields]
	return Object.fromEntries(
		[...new Map([...their, ...my]).keys()].flatMap((key) => {
			const from = same(codec, old.get(key), my.get(key)) ? their : my
			return from.has(key) ? [[key, from.get(key)]] : []
		}),
	)
}
