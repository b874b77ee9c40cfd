/** Documents in an entry at most. */
const MAX_DOCS = 200;
/** Up to so many documents are rows. */
const FEW = 8;
/** The cost of reading an entry, in characters of values. */
const ENTRY = 4000;
/** Entries that are read at once: more would hold up the page. */
const MAX_ENTRIES = 16;
export const topOf = (id) => id.split(':', 1)[0];
/** Settles with the result of a request, or at the end of a transaction. */
export const done = (it) => new Promise((resolve, reject) => {
    it.onsuccess = it.oncomplete = () => resolve(it.result);
    // The errors of its requests bubble to a transaction, before it has an
    // error of its own, which may be another one.
    it.onerror = it.onabort = () => it.error && reject(it.error);
});
export const costOf = (docs) => docs.reduce((sum, { value = '' }) => sum + value.length, ENTRY);
/** The documents of each entry. */
export function partsOf(docs) {
    const parts = [];
    let part = [];
    let top = '';
    for (const row of docs) {
        // That of each id takes longer than all else of writing a log anew.
        if (!row.id.startsWith(top + ':') || part.length === MAX_DOCS) {
            top = topOf(row.id);
            parts.push((part = []));
        }
        part.push(row);
    }
    return parts;
}
export function entryOf(docs) {
    const top = topOf(docs[0].id);
    const isText = docs.length > FEW && docs.every(({ id, value, damaged }) => value && !damaged && !/\n/.test(id + value));
    const lines = (field) => docs.map((row) => row[field]).join('\n');
    return isText ? { top, id: lines('id'), version: docs.map((row) => row.version), value: lines('value') } : { top, docs };
}
function docsOf({ docs, id: ids, version, value }) {
    if (docs)
        return docs;
    const values = value.split('\n');
    return ids.split('\n').map((id, i) => ({ id, version: version[i], value: values[i] }));
}
/**
 * The documents of the log with these keys, the last row of each, and by how much the
 * log costs more than three times these. Each read is a task of its own.
 */
export async function readLog(log, keys) {
    const all = new Map();
    let cost = 0;
    const read = async (from, to) => {
        for (const entry of await done(log.getAll(IDBKeyRange.bound(from, to)))) {
            const docs = docsOf(entry);
            cost += costOf(docs);
            for (const row of docs)
                row.value === undefined ? all.delete(row.id) : all.set(row.id, row);
        }
    };
    const reads = [];
    for (let first = 0, last = 0; first < keys.length; first = ++last) {
        while (keys[last + 1] === keys[last] + 1 && last - first < MAX_ENTRIES - 1)
            last++;
        reads.push(read(keys[first], keys[last]));
    }
    await Promise.all(reads);
    const docs = [...all.values()];
    return [docs, cost - 3 * costOf(docs)];
}
