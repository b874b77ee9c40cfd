// The rows of a storage in memory, for storages that write them elsewhere.
import type { Loaded, Rows } from '../client/types.js'

/** A row to keep under `store` and `key`, or to remove. */
export type Change = [store: string, key: string, row: unknown]

export const STORES = ['docs', 'writes', 'conflicts', 'cursors']

export class KeptRows {
	#stores = new Map(STORES.map((name) => [name, new Map<string, any>()]))

	get size(): number {
		return [...this.#stores.values()].reduce((sum, { size }) => sum + size, 0)
	}

	/** All rows, as changes that make them. */
	*all(): Iterable<Change> {
		for (const [store, rows] of this.#stores) for (const [key, row] of rows) yield [store, key, row]
	}

	apply(changes: Iterable<Change>): void {
		for (const [store, key, row] of changes) row == null ? this.#stores.get(store)?.delete(key) : this.#stores.get(store)?.set(key, row)
	}

	/** The changes of a transaction, in its order. */
	changes({ docs = [], supersede = [], drop = [], put = [], forget = [], conflicts = [], cursors = [] }: Rows): Change[] {
		const writes = this.#stores.get('writes')!
		return [
			...docs.map((row): Change => ['docs', row.id, row.value === undefined ? null : row]),
			...supersede.filter((op) => !writes.get(op)?.sent).map((op): Change => ['writes', op, null]),
			...drop.map((op): Change => ['writes', op, null]),
			...put.map((row): Change => ['writes', row.op, row]),
			...forget.map((key): Change => ['conflicts', key, null]),
			...conflicts.map((row): Change => ['conflicts', row.key, row]),
			...cursors.map(([group, cursor]): Change => ['cursors', group, cursor]),
		]
	}

	load(group: string): Loaded {
		const mine = (store: string) => [...this.#stores.get(store)!.values()].filter(({ id }) => id.startsWith(group + ':'))
		return { docs: mine('docs'), put: mine('writes'), conflicts: mine('conflicts'), cursor: this.cursor(group) }
	}

	cursor(group: string): string | undefined {
		return this.#stores.get('cursors')!.get(group)
	}

	clear(): void {
		for (const rows of this.#stores.values()) rows.clear()
	}
}
