// `pocketbook/updates`: transactions, named updates and schemas. Importing it adds them
// to the client. Apps without them do not load it.
import { SyncedAtom } from './atom.js';
import { checkValue, same } from './codec.js';
import { lost, merged } from './conflict.js';
import { assoc, dissoc } from './docs.js';
import { extension } from './extension.js';
import { isPlain } from './plain.js';
import { baseOf, newOp } from './replica.js';
import { PocketbookError } from './types.js';
export { mergeFields } from './merge.js';
/** The server's limit for a request body. */
const MAX_BODY = 1 << 20;
/** Conflicts in a row, after which an update goes to the conflicts. */
const MAX_TRIES = 12;
const MAX_WAIT = 2000;
/** The member of a document that has the number of its schema. */
const MEMBER = '_schema';
// ---- Transactions ----
SyncedAtom.prototype.transact = function (f, ...args) {
    return this.reset(f(this.deref(), ...args), (edits, { codec }) => {
        if (edits.length < 2)
            return {};
        const op = newOp();
        if (codec && sizeOf(edits, codec) > MAX_BODY)
            throw new PocketbookError('too-large', 'the transaction is too large for one push');
        return { tx: `${edits.length} ${op}` };
    });
};
const { retry, discard } = SyncedAtom.prototype;
/** Of the documents of a rejected transaction too. */
const ofAll = (one) => function (id) {
    const { rejected } = this;
    const tx = rejected.find((write) => write.id === id)?.tx;
    for (const write of tx ? rejected.filter((other) => other.tx === tx) : [{ id }])
        one.call(this, write.id);
};
Object.assign(SyncedAtom.prototype, { retry: ofAll(retry), discard: ofAll(discard) });
/** Bytes of the request body, with the longest version and op. */
function sizeOf(edits, codec) {
    const op = 'x'.repeat(32);
    const docs = edits.map(([id, value]) => ({ id, base: Number.MAX_SAFE_INTEGER, op, ...(value === undefined ? { deleted: true } : { value }) }));
    return new TextEncoder().encode(codec.write({ docs, atomic: true })).length;
}
function pick(host, groups) {
    fold(host);
    const heads = host.replica.heads().filter(({ id }) => groups.some((group) => id.startsWith(group + ':')));
    const parts = (tx) => heads.filter((write) => write.tx === tx);
    const whole = heads.find(({ tx }) => tx && parts(tx).length === parseInt(tx));
    return whole && parts(whole.tx);
}
/**
 * The documents whose local writes hang together by transactions, each with the place
 * in its chain where that begins.
 */
function connected(first, theirs, replica) {
    const starts = new Map();
    const visit = (id, place) => {
        const start = theirs.has(id) ? 0 : place;
        if (starts.get(id) <= start)
            return;
        starts.set(id, start);
        for (const { tx } of replica.of(id).slice(start))
            for (const other of tx ? replica.waiting() : [])
                if (other.tx === tx)
                    visit(other.id, replica.of(other.id).indexOf(other));
    };
    visit(first, 0);
    return starts;
}
// ---- Named updates ----
SyncedAtom.prototype.update = function (id, name, ...args) {
    const update = this.updates && Object.hasOwn(this.updates, name) && this.updates[name];
    if (!update)
        throw new TypeError(`pocketbook: there is no update ${name}`);
    const docs = this.deref();
    const value = settled(update(docs.get(id), ...args));
    return this.reset(value === undefined ? dissoc(docs, id) : assoc(docs, id, value), (_edits, { codec }) => {
        if (!codec)
            throw new TypeError('pocketbook: the codec is being loaded: await ready first');
        const encoded = args.map((arg) => {
            if (arg === undefined)
                return '';
            checkValue(codec, `${id}, argument of ${name}`, arg);
            return codec.encode(arg);
        });
        return { steps: [[name, ...encoded]] };
    });
};
function settled(value) {
    if (typeof value?.then === 'function')
        throw new TypeError('pocketbook: an update returned a promise');
    return value;
}
/** An update that the app does not have. */
class Unknown extends Error {
}
/** Runs updates on a value. */
function run(host, id, steps, value) {
    for (const [name, ...args] of steps) {
        const updates = host.optionsOf(id).map((options) => options.updates).find((all) => all && Object.hasOwn(all, name));
        if (!updates)
            throw new Unknown(`the app has no update ${name}`);
        value = settled(updates[name](value, ...args.map((arg) => (arg ? host.codec.decode(arg) : undefined))));
    }
    if (value !== undefined)
        checkValue(host.codec, id, value);
    return value;
}
/** The value of a write that has seen its document only now. */
function rerun(write, host) {
    try {
        return write.steps ? { ...write, value: run(host, write.id, write.steps, write.was) } : write;
    }
    catch (error) {
        // The server's value will be another one: then it is a conflict.
        return { ...write, base: 0 };
    }
}
/** One write of several updates in a row, as a push has a document only once. */
function fold({ replica, outbox }) {
    for (const { id } of replica.heads().filter((head) => head.steps && !head.sent)) {
        const chain = replica.of(id);
        const end = chain.findIndex(({ steps, sent, refused }) => !steps || sent || refused);
        const row = end < 0 ? chain : chain.slice(0, end);
        if (row.length < 2)
            continue;
        const into = newOp();
        const put = [{ ...row.at(-1), base: row[0].base, was: row[0].was, op: into, steps: row.flatMap(({ steps }) => steps), tries: triesOf(row) }];
        void outbox.record({ end: row.map(({ op }) => ({ op, id, into })), put });
    }
}
const triesOf = (writes) => Math.max(...writes.map(({ tries = 0 }) => tries));
/** The chain in runs: of updates, and of whole values. */
function runsOf(chain) {
    const runs = [];
    for (const write of chain) {
        const last = runs.at(-1);
        if (last && !last[0].steps === !write.steps)
            last.push(write);
        else
            runs.push([write]);
    }
    return runs;
}
/**
 * What becomes of the writes of one document from `start` in its chain. `theirs`: the
 * server's version, if that is a conflict. `giveUp`: values go to the conflicts.
 */
function resolveOne(host, id, start, theirs, giveUp) {
    const { replica, codec } = host;
    const chain = replica.of(id);
    const out = { put: [], end: [], conflicts: [] };
    const mine = chain.slice(start);
    if (!mine.length)
        return out;
    /** The value that the next run is made on, and what it was made on. */
    let [value, was] = [theirs ? theirs.value : start ? chain[start - 1].value : mine[0].was, start ? chain[start - 1].value : mine[0].was];
    const at = Date.now();
    for (const row of runsOf(mine)) {
        const last = row.at(-1);
        const end = (how) => out.end.push(...row.map(({ op }) => ({ op, id, ...how })));
        const put = (more) => {
            const write = { op: newOp(), id, n: last.n + 1, base: theirs ? baseOf(theirs) : mine[0].base, was: value, value: last.value, at, ...more };
            out.put.push(write);
            end({ into: write.op });
            value = write.value;
        };
        const journal = () => {
            out.failed = true;
            out.conflicts.push({ key: row[0].op, id, base: was, mine: last.value, theirs: value, at });
            end({ error: lost(id) });
        };
        try {
            if (row[0].steps) {
                const steps = row.flatMap((write) => write.steps);
                const tries = triesOf(row) + (theirs ? 1 : 0);
                if (tries > MAX_TRIES)
                    journal();
                else
                    put({ steps, tries, value: run(host, id, steps, value) });
            }
            else if (theirs ? !theirs.damaged && same(codec, last.value, value) : false)
                end();
            else if (giveUp)
                journal();
            else if (!theirs || theirs.damaged)
                put({});
            else {
                const result = merged(host, id, was, last.value, value);
                same(codec, result, value) ? end() : put({ value: result });
            }
        }
        catch (error) {
            if (error instanceof Unknown) {
                out.failed = true;
                // On its old base, so that it conflicts again when it
                // is retried.
                const { base, was: made } = row[0];
                put({ base, was: made, steps: row.flatMap((write) => write.steps), refused: { status: 0, code: 'unknown-update', reason: error.message } });
            }
            else {
                out.error = error && (error instanceof PocketbookError ? error : new PocketbookError('update', `update of ${id} failed: ${error}`));
                journal();
            }
        }
        was = last.value;
    }
    return out;
}
/** The writes of documents that hang together, as a transaction again. */
function together(outcomes) {
    const changed = outcomes.filter(({ put }) => put.length);
    const tx = changed.length > 1 ? `${changed.length} ${newOp()}` : undefined;
    for (const out of changed) {
        const [first] = out.put;
        // A push has each document once.
        const { steps, tries, ...last } = out.put.at(-1);
        for (const end of out.end)
            if (end.into)
                end.into = last.op;
        out.put = [{ ...last, base: first.base, was: first.was, tx }];
    }
}
/**
 * Resolves conflicts. Values are merged or go to the conflicts, updates are run again.
 * Of a transaction, and of what was built on it meanwhile, all is merged and sent as a
 * whole again, or all values go to the conflicts.
 */
function resolve(found, host) {
    const docs = upgrade({ docs: found }, host).docs;
    const theirs = new Map(docs.map((doc) => [doc.id, doc]));
    const resolution = { batches: [] };
    const done = new Set();
    let tries = 0;
    for (const doc of docs) {
        const { id } = doc;
        if (done.has(id))
            continue;
        // If a part of a transaction is there, all of it is; the rest was
        // edited since.
        const [head] = host.replica.of(id);
        const parts = host.replica.waiting().filter(({ tx }) => tx && tx === head?.tx).length;
        if (head?.tx && parts < parseInt(head.tx)) {
            resolution.batches.push({ docs: [doc], end: [{ op: head.op, id }] });
            continue;
        }
        const starts = [...connected(id, theirs, host.replica)];
        const attempt = (giveUp) => starts.map(([one, start]) => resolveOne(host, one, start, theirs.get(one), giveUp));
        const isTransaction = starts.some(([one, start]) => host.replica.of(one).slice(start).some(({ tx }) => tx));
        let outcomes = attempt(false);
        const error = outcomes.find((out) => out.error)?.error;
        if (isTransaction)
            outcomes.some(({ failed }) => failed) ? (outcomes = attempt(true)) : together(outcomes);
        const here = starts.flatMap(([one]) => theirs.get(one) ?? []);
        for (const [one] of starts)
            done.add(one);
        const purged = here.filter(({ version }) => !version);
        if (purged.length)
            resolution.batches.push({ docs: purged, force: true });
        const all = (name) => outcomes.flatMap((out) => out[name]);
        resolution.batches.push({ docs: here.filter(({ version }) => version), put: all('put'), end: all('end'), conflicts: all('conflicts') });
        resolution.error ??= error;
        tries = Math.max(tries, ...all('put').map((write) => write.tries ?? 0));
    }
    if (tries)
        resolution.wait = Math.random() * Math.min(MAX_WAIT, 20 * 2 ** tries);
    return resolution;
}
// ---- Schemas ----
/** The schema of a value; a Transit map has it too. */
const schemaOf = (value) => Number(isPlain(value) ? value[MEMBER] : typeof value?.get === 'function' && value.get(MEMBER)) || 0;
function stamped(value, schema = 0) {
    // Without a schema the value is left alone: it may be of an app's own type.
    if (!schema || schemaOf(value) >= schema)
        return value;
    if (isPlain(value))
        return { ...value, [MEMBER]: schema };
    return typeof value?.clone === 'function' && typeof value.set === 'function' ? (value.clone().set(MEMBER, schema) ?? value) : value;
}
const schemaAt = (host, id) => host.optionsOf(id).find(({ schema }) => schema);
function upgraded(host, id, value) {
    const { schema = 0, upgrade } = schemaAt(host, id) ?? {};
    if (value === undefined || !upgrade)
        return value;
    const from = schemaOf(value);
    if (from >= schema)
        return value;
    try {
        return stamped(upgrade(value, from, id), schema);
    }
    catch (error) {
        console.error(error);
        return value;
    }
}
function upgrade(batch, host, mine = false) {
    const up = (id, value) => upgraded(host, id, value);
    const put = batch.put?.map((write) => {
        const { id, was } = write;
        const value = mine ? stamped(write.value, schemaAt(host, id)?.schema) : up(id, write.value);
        return value === write.value ? write : { ...write, value, was: up(id, was) };
    });
    return {
        ...batch,
        docs: batch.docs?.map((doc) => ({ ...doc, value: up(doc.id, doc.value) })),
        put: put?.some((write, i) => write !== batch.put[i]) ? put : batch.put,
        conflicts: batch.conflicts?.map((note) => ({ ...note, base: up(note.id, note.base), mine: up(note.id, note.mine), theirs: up(note.id, note.theirs) })),
    };
}
Object.assign(extension, { pick, resolve, rerun, upgrade });
