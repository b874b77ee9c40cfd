export const STORES = ['docs', 'writes', 'conflicts', 'cursors'];
export class KeptRows {
    #stores = new Map(STORES.map((name) => [name, new Map()]));
    get size() {
        return [...this.#stores.values()].reduce((sum, { size }) => sum + size, 0);
    }
    /** All rows, as changes that make them. */
    *all() {
        for (const [store, rows] of this.#stores)
            for (const [key, row] of rows)
                yield [store, key, row];
    }
    apply(changes) {
        for (const [store, key, row] of changes)
            row == null ? this.#stores.get(store)?.delete(key) : this.#stores.get(store)?.set(key, row);
    }
    /** The changes of a transaction, in its order. */
    changes({ docs = [], supersede = [], drop = [], put = [], forget = [], conflicts = [], cursors = [] }) {
        const writes = this.#stores.get('writes');
        return [
            ...docs.map((row) => ['docs', row.id, row.value === undefined ? null : row]),
            ...supersede.filter((op) => !writes.get(op)?.sent).map((op) => ['writes', op, null]),
            ...drop.map((op) => ['writes', op, null]),
            ...put.map((row) => ['writes', row.op, row]),
            ...forget.map((key) => ['conflicts', key, null]),
            ...conflicts.map((row) => ['conflicts', row.key, row]),
            ...cursors.map(([group, cursor]) => ['cursors', group, cursor]),
        ];
    }
    load(group) {
        const mine = (store) => [...this.#stores.get(store).values()].filter(({ id }) => id.startsWith(group + ':'));
        return { docs: mine('docs'), put: mine('writes'), conflicts: mine('conflicts'), cursor: this.cursor(group) };
    }
    cursor(group) {
        return this.#stores.get('cursors').get(group);
    }
    clear() {
        for (const rows of this.#stores.values())
            rows.clear();
    }
}
