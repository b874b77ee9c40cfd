// The path of every change: applied to the replica, sent to the other tabs, stored.
import { checkValue, same } from './codec.js';
import { extension } from './extension.js';
import { revived } from './message.js';
import { Pending, turn } from './pending.js';
import { fromRows, toRows } from './rows.js';
import { PocketbookError } from './types.js';
/** Documents that are taken in one task while a group is opened. */
const SLICE = 4000;
export class Writes {
    #pending;
    /**
     * Writes that were made before the local data was loaded, and so without seeing
     * it.
     */
    #blind;
    /** Groups whose local data could not be loaded yet. */
    #missing;
    constructor(host) {
        this.host = host;
        this.#pending = new Pending();
        /**
         * Writes that were made before the local data was loaded, and so without seeing
         * it.
         */
        this.#blind = new Set();
        /** Groups whose local data is being loaded. */
        this.loading = new Set();
        /** Groups whose local data could not be loaded yet. */
        this.#missing = new Set();
    }
    /**
     * Writes edits of id and value; `undefined` deletes. `blind`: the local data is
     * not loaded yet.
     */
    write(edits, blind, swap, more) {
        const { codec, replica, dead } = this.host;
        if (dead)
            throw dead;
        for (const [id, value] of edits)
            if (value !== undefined)
                checkValue(codec, id, value);
        // While the local data is being loaded, the replica has more than the
        // atom shows.
        const seen = (id) => (blind ? swap.before.get(id) : replica.shown(id));
        const differ = codec ? edits.filter(([id, value]) => !same(codec, seen(id), value)) : edits;
        if (!differ.length)
            return { local: Promise.resolve(), server: Promise.resolve() };
        const fields = more?.(differ, this.host);
        const put = differ.map(([id, value]) => replica.compose(id, value, blind && seen(id) === undefined ? { ...fields, base: 0, was: undefined } : fields));
        if (blind)
            for (const { op } of put)
                this.#blind.add(op);
        const server = Promise.all(put.map(({ op }) => this.#pending.wait(op))).then(() => { });
        server.catch(() => { });
        // A document with an equal value keeps its reference.
        const local = this.record({ put }, differ.length === edits.length ? swap : undefined);
        this.host.persistence.askToPersist();
        return { local, server };
    }
    /**
     * Applies a batch, sends it to the other tabs and stores it. Settles when it is
     * stored.
     */
    record(found, swap) {
        const { replica } = this.host;
        const batch = this.#upgraded(found, true);
        const applied = replica.apply(batch);
        const stored = this.#withCodec((codec) => {
            // A result may be older than what the stream has delivered
            // since.
            const docs = batch.docs?.filter(({ id, version }) => batch.force || version >= replica.docs.get(id).version);
            const rows = { ...toRows({ ...batch, docs }, codec), supersede: applied.replaced.map(([op]) => op) };
            this.host.post({ rows, end: batch.end, force: batch.force });
            return this.host.persistence.write(rows).then(() => this.#sweep(batch.put));
        });
        // Not an unhandled rejection if the caller ignores it: the status has
        // the error.
        stored.catch(() => { });
        // Last, so that a write of a watch comes after this one in all tabs.
        this.#notify(batch, applied, batch.put === found.put ? swap : undefined);
        return stored;
    }
    /** Applies a batch that another tab has recorded. */
    receive(rows, { end, force }) {
        this.#withCodec((codec) => {
            const { replaced } = this.#apply({ ...fromRows(rows, codec), end, force });
            if (this.host.leader.leading.size)
                this.#supersede(replaced);
        }).catch(() => { });
    }
    /** Loads the local data of a group. It never rejects: the status has the
     * error. */
    load(group) {
        this.#missing.add(group);
        this.loading.add(group);
        return this.#load(group).catch((error) => {
            this.loading.delete(group);
            this.host.onDocs([], undefined, false);
            this.host.persistence.degrade(error);
        });
    }
    /** The storage is open again. */
    onReopened() {
        for (const group of this.#missing)
            void this.load(group);
    }
    /** Rejects what waits for the server. */
    close(error) {
        this.#pending.close(error);
    }
    /** `mine`: the writes are of this tab, and so of the present schema. */
    #upgraded(batch, mine) {
        return extension.upgrade?.(batch, this.host, mine) ?? batch;
    }
    #apply(found, part) {
        const batch = this.#upgraded(found);
        const applied = this.host.replica.apply(batch);
        this.#notify(batch, applied, undefined, part);
        return applied;
    }
    #notify(batch, { replaced, changed }, swap, part) {
        for (const [op, by] of replaced)
            this.#pending.handOn(op, by);
        for (const { op, into, error } of batch.end ?? [])
            into ? this.#pending.handOn(op, into) : this.#pending.settle(op, revived(error));
        for (const { op, refused } of batch.put ?? [])
            if (refused)
                this.#pending.settle(op, new PocketbookError('rejected', refused.reason, refused.status));
        // A write may make what was loaded and is not shown yet.
        for (const { id } of batch.put ?? [])
            changed.add(id);
        this.host.onDocs(changed, swap, part);
        if (part)
            return;
        if (batch.put?.length)
            this.host.network.kick();
        this.host.notify();
    }
    /**
     * Runs a job with the codec, at once if it is loaded: messages to other tabs
     * and the storage of a page that is being closed cannot wait for a microtask.
     */
    #withCodec(job) {
        const { codec, codecReady } = this.host;
        return codec ? new Promise((resolve) => resolve(job(codec))) : codecReady.then(job);
    }
    async #load(group) {
        await this.host.persistence.opened;
        const codec = await this.host.codecReady;
        const [{ cursor, docs, ...rows }, ...more] = await this.host.persistence.load(group);
        this.#missing.delete(group);
        const { replica } = this.host;
        // In slices, so that the page answers meanwhile.
        for (let at = 0; at < docs.length; at += SLICE) {
            if (at)
                await turn();
            if (this.host.dead)
                return;
            this.#take(docs.slice(at, at + SLICE), codec);
        }
        this.loading.delete(group);
        const own = replica.waiting();
        const blind = own.filter(({ op }) => this.#blind.has(op));
        const batch = fromRows(rows, codec);
        const put = batch.put.filter((write) => !replica.find(write)).map((write) => under(write, blind));
        const cursors = [[group, cursor], ...more].filter(([key, value]) => value && !replica.cursors.has(key));
        const { replaced } = this.#apply({ ...batch, put, cursors }, false);
        const seeing = blind.filter(({ id }) => id.startsWith(group + ':')).map((write) => this.#seeing(write));
        if (seeing.length)
            void this.record({ put: seeing });
        this.#supersede(replaced);
    }
    /**
     * Takes stored documents. Their values are decoded at the first look, unless
     * they have a schema and may have to be upgraded: what that needs may be gone
     * then.
     */
    #take(rows, codec) {
        const { replica, options: { schema } } = this.host;
        if (schema)
            return void this.#apply(fromRows({ docs: rows }, codec), true);
        const decode = (text) => codec.decode(text);
        for (const row of rows)
            replica.take(row, false, decode);
        this.host.onDocs(rows.map(({ id }) => id), undefined, true);
    }
    /**
     * Bases a blind write on the stored document: it was made on this device, after
     * that was stored.
     */
    #seeing(write) {
        const { replica } = this.host;
        this.#blind.delete(write.op);
        const now = replica.find(write) ?? write;
        const { version, value } = replica.docs.get(write.id);
        if (now.sent || now.base || value === undefined)
            return now;
        const seeing = { ...now, base: version, was: value };
        return extension.rerun?.(seeing, this.host) ?? seeing;
    }
    /** Deletes stored writes that newer ones have replaced. */
    #supersede(replaced) {
        if (replaced.length)
            void this.host.persistence.write({ supersede: replaced.map(([op]) => op) });
    }
    /** Deletes writes that were stored after another tab had ended or replaced
     * them. */
    #sweep(put = []) {
        const { replica, dead } = this.host;
        const gone = put.filter((write) => !replica.find(write)).map(({ op }) => op);
        const drop = gone.filter((op) => replica.ended.has(op));
        if (gone.length && !dead)
            void this.host.persistence.write({ drop, supersede: gone });
    }
}
/**
 * Orders a stored write before a blind one, which is newer even if the clock was set
 * back.
 */
function under(write, blind) {
    const newer = blind.find((other) => other.id === write.id && other.n <= write.n);
    return newer ? { ...write, n: newer.n - 1 } : write;
}
