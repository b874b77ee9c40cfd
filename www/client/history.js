// `pocketbook/history`: who wrote a document, its former versions, undo and redo.
// Importing it adds them to the client. Apps without them do not load it.
import { SyncedAtom } from './atom.js';
import { same } from './codec.js';
import { extension } from './extension.js';
import { PocketbookError } from './types.js';
/**
 * An undo or redo would overwrite what was written since: `value`, which is `version`
 * of the document `id` as this device knows it.
 */
export class ChangedSince extends PocketbookError {
    constructor(id, version, value) {
        super('changed-since', `${id} has changed since: it has version ${version}`);
        this.id = id;
        this.version = version;
        this.value = value;
        this.name = 'ChangedSince';
    }
}
/** Changes that an atom remembers. */
const MOST = 100;
/** Milliseconds for a response. */
const TIMEOUT = 30_000;
/** What the session of an atom has for requests; see session.ts. */
function sessionOf(atom) {
    const { session } = atom;
    const { url, codecReady, options, replica, persistence } = session;
    return { url, codecReady, options, replica, persistence, token: () => session.token(), versionOf: (id) => replica.docs.get(id)?.version ?? 0 };
}
// ---- What the server knows ----
async function ask(atom, query) {
    const { url, codecReady, token, options } = sessionOf(atom);
    const codec = await codecReady;
    const headers = { Accept: codec.type };
    const secret = await token();
    if (secret)
        headers.Authorization = `Bearer ${secret}`;
    if (options.schema)
        query.schema = `${options.schema}`;
    const response = await fetch(`${url}history?${new URLSearchParams(query)}`, { headers, cache: 'no-store', signal: AbortSignal.timeout(TIMEOUT) }).catch(() => {
        throw new PocketbookError('offline', 'server is unreachable');
    });
    const text = await response.text();
    const problem = response.ok ? undefined : parsed(() => JSON.parse(text));
    if (!response.ok)
        throw new PocketbookError(problem?.code ?? 'protocol', problem?.detail ?? `HTTP ${response.status}`, response.status);
    const answer = parsed(() => codec.read(text));
    if (!Array.isArray(answer?.versions))
        throw new PocketbookError('protocol', 'not a Pocketbook server');
    return answer;
}
function parsed(read) {
    try {
        return read();
    }
    catch {
        return undefined;
    }
}
SyncedAtom.prototype.history = async function (id, { before, limit } = {}) {
    const query = { id };
    if (before)
        query.before = `${before}`;
    if (limit)
        query.limit = `${limit}`;
    const { versions, more } = await ask(this, query);
    return {
        versions: versions.map(({ version, by, at, value, deleted, damaged }) => ({
            version, by, at: at ? new Date(at) : null, value: deleted || damaged ? undefined : value, damaged: !!damaged,
        })),
        more,
    };
};
SyncedAtom.prototype.meta = async function (id) {
    const kept = await keptMeta(this, id);
    if (kept)
        return kept;
    const { versions: [newest] } = await this.history(id, { limit: 1 });
    return newest && { version: newest.version, by: newest.by, at: newest.at };
};
SyncedAtom.prototype.revert = async function (id, version) {
    const { versions: [found] } = await this.history(id, { before: version + 1, limit: 1 });
    if (found?.version !== version || found.damaged)
        throw new PocketbookError('not-found', `${id} has no version ${version}`);
    return this.change([[id, found.value]]);
};
// ---- What the device knows ----
/** The key among the cursors. No group has such a name. */
const keyOf = (id) => id + '\n\n\n';
extension.meta = (docs) => docs.flatMap(({ id, version, by, at }) => (at === undefined ? [] : [[keyOf(id), JSON.stringify([version, by, at])]]));
/** With the version: another one than that of the document says nothing. */
async function keptMeta(atom, id) {
    const { options, replica, persistence, versionOf } = sessionOf(atom);
    if (!options.meta)
        return undefined;
    await atom.ready;
    const key = keyOf(id);
    const stored = async () => persistence.store.cursor?.(key);
    const text = replica.cursors.get(key) ?? (await stored().catch(() => undefined));
    if (replica.of(id).length)
        return { version: versionOf(id), by: atom.user, at: null, unsent: true };
    const [version, by, at] = JSON.parse(text ?? '[]');
    return version && version === versionOf(id) ? { version, by, at: at && new Date(at) } : undefined;
}
const pasts = new WeakMap();
const pastOf = (atom) => {
    const past = pasts.get(atom) ?? { done: [], undone: [] };
    pasts.set(atom, past);
    return past;
};
const { reset } = SyncedAtom.prototype;
SyncedAtom.prototype.reset = function (docs, more) {
    const before = this.deref();
    let change = [];
    const written = reset.call(this, docs, (edits, host) => {
        change = edits.map(([id, value]) => [id, before.get(id), value]);
        return more?.(edits, host) ?? {};
    });
    const past = pastOf(this);
    if (change.length) {
        past.done = [...past.done, change].slice(-MOST);
        past.undone = [];
    }
    return written;
};
/** Brings documents from the values on one side of a change to those on the other. */
async function step(atom, from, force) {
    const { codecReady, versionOf } = sessionOf(atom);
    const codec = await codecReady;
    const change = pastOf(atom)[from].at(-1);
    if (!change)
        return undefined;
    const sides = change.map(([id, before, after]) => (from === 'done' ? [id, after, before] : [id, before, after]));
    const docs = atom.deref();
    for (const [id, now] of sides) {
        const shown = docs.get(id);
        if (!force && shown !== now && !same(codec, shown, now))
            throw new ChangedSince(id, versionOf(id), shown);
    }
    const after = new Map(docs);
    for (const [id, , value] of sides)
        value === undefined ? after.delete(id) : after.set(id, value);
    const past = pastOf(atom);
    const written = reset.call(atom, after);
    past[from].pop();
    past[from === 'done' ? 'undone' : 'done'].push(change);
    return written;
}
SyncedAtom.prototype.undo = function ({ force = false } = {}) {
    return step(this, 'done', force);
};
SyncedAtom.prototype.redo = function ({ force = false } = {}) {
    return step(this, 'undone', force);
};
Object.defineProperties(SyncedAtom.prototype, {
    canUndo: { get() { return pastOf(this).done.length > 0; } },
    canRedo: { get() { return pastOf(this).undone.length > 0; } },
});
