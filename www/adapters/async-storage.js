import { KeptRows } from './kept-rows.js';
/**
 * A row for each document, unsent write, conflict and cursor. A transaction is one
 * `multiSet`: rows that end become empty in it, and are removed afterwards.
 */
export function asyncStorage(store) {
    let rows = new KeptRows();
    let prefix = '';
    /** Transactions run in their order. */
    let last = Promise.resolve();
    const keyOf = ([name, key]) => `${prefix}${name} ${key}`;
    const keys = async () => (await store.getAllKeys()).filter((key) => key.startsWith(prefix));
    async function save(changes) {
        // Of a row that changes twice, the last change counts.
        const pairs = new Map(changes.map((change) => [keyOf(change), change[2] == null ? '' : JSON.stringify(change[2])]));
        await store.multiSet([...pairs]);
        const ended = [...pairs].filter(([, text]) => !text).map(([key]) => key);
        if (ended.length)
            await store.multiRemove(ended);
    }
    function inTurn(job) {
        const done = last.then(job);
        last = done.catch(() => { });
        return done;
    }
    return {
        open: (name) => inTurn(async () => {
            prefix = `${name} `;
            rows = new KeptRows();
            const pairs = await store.multiGet(await keys());
            const changes = pairs.filter(([, text]) => text).map(([key, text]) => {
                const [kind, ...rest] = key.slice(prefix.length).split(' ');
                return [kind, rest.join(' '), JSON.parse(text)];
            });
            rows.apply(changes);
        }),
        load: async (group) => rows.load(group),
        cursor: async (group) => rows.cursor(group),
        write(transaction) {
            const changes = rows.changes(transaction);
            rows.apply(changes);
            return inTurn(() => save(changes));
        },
        clear() {
            rows.clear();
            return inTurn(async () => void (await store.multiRemove(await keys())));
        },
        close() { },
    };
}
