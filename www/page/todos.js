const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
export function titleOf(value) {
    if (typeof value === 'string')
        return value;
    if (!isObject(value))
        return value === undefined ? '' : JSON.stringify(value);
    return typeof value.title === 'string' ? value.title : JSON.stringify(value.title ?? value);
}
export function todoOf(id, value) {
    const fields = isObject(value) ? value : {};
    const { created: at } = fields;
    const created = typeof at === 'number' ? at : typeof at === 'string' ? Date.parse(at) || 0 : 0;
    return { id, title: titleOf(value), completed: fields.completed === true, created };
}
/** A document that cannot be read must not hide the others, and can be deleted. */
function readable(id, value) {
    try {
        return todoOf(id, value);
    }
    catch {
        return { id, title: id, completed: false, created: 0 };
    }
}
/** Oldest first. */
export function listOf(docs) {
    const todos = Array.from(docs, ([id, value]) => readable(id, value));
    return todos.sort((a, b) => a.created - b.created || (a.id < b.id ? -1 : 1));
}
export function isShown(todo, filter) {
    return filter === 'all' || todo.completed === (filter === 'completed');
}
// Changes, for `swap`. They keep fields of other clients.
export function addTodo(docs, id, title) {
    return new Map(docs).set(id, { title, completed: false, created: Date.now() });
}
export function changeTodos(docs, ids, change) {
    const next = new Map(docs);
    for (const id of ids) {
        const value = docs.get(id);
        if (value === undefined)
            continue;
        next.set(id, isObject(value) ? { ...value, ...change } : { title: titleOf(value), completed: false, ...change });
    }
    return next;
}
export function removeTodos(docs, ids) {
    const next = new Map(docs);
    for (const id of ids)
        next.delete(id);
    return next;
}
/** Puts removed todos back, except those that were written again since. */
export function restoreTodos(docs, removed) {
    const next = new Map(docs);
    for (const [id, value] of removed)
        if (!docs.has(id))
            next.set(id, value);
    return next;
}
export function newId(group) {
    const bytes = crypto.getRandomValues(new Uint8Array(10));
    return `${group}:${Array.from(bytes, (byte) => (byte & 31).toString(32)).join('')}`;
}
