// The documents in memory and the writes that the server does not have yet: a state
// machine without input or output. Every change of it is a Batch. The same batch is
// applied here, in the other tabs and (as rows) in the storage. Batches of several tabs
// may arrive in any order; all tabs come to the same state.
import { Doc, look } from './doc.js';
/** The writes of a transaction have the same place in the chains of all documents. */
const key = ({ tx, op }) => tx ?? op;
const later = (a, b) => a.n > b.n || (a.n === b.n && key(a) > key(b));
/**
 * True if the newer of two neighbours in a chain takes the place of the older. Updates
 * and transactions are kept as they are: later writes queue behind them.
 */
export function replaces(newer, { sent, tx, steps }) {
    return !(sent || tx || steps || newer.steps);
}
/** An id that no other write has on any device. */
export function newOp() {
    return crypto.getRandomValues(new Uint32Array(3)).join('-');
}
/** An id for a new document of the group. Works on insecure origins too. */
export function newId(group) {
    return `${group}:${newOp()}`;
}
/**
 * The key, among the cursors, of the time of the last complete pull. No group has such
 * a name.
 */
export function pullTime(group) {
    return group + '\n';
}
/** The same, of the user of the token and whether it may write. */
export function rights(group) {
    return group + '\n\n';
}
/** The version to base a write on: 0 if the document does not exist. */
export function baseOf(doc) {
    return doc?.value === undefined && !doc?.damaged ? 0 : doc.version;
}
export class Replica {
    constructor() {
        this.docs = new Map();
        this.cursors = new Map();
        this.conflicts = new Map();
        /**
         * Ops of writes that ended: a copy that is read from the storage later is
         * ignored.
         */
        this.ended = new Set();
        /** Documents that are damaged on the server. */
        this.damaged = new Set();
        /** Documents with local writes. */
        this.#written = new Set();
        this.#clock = 0;
    }
    /** Documents with local writes. */
    #written;
    #clock;
    /** The value that the atom shows: of the newest local write, or the
     * server's. */
    shown(id) {
        return look(this.raw(id));
    }
    /** The same; or the document, if its value has to be decoded yet. */
    raw(id) {
        const doc = this.docs.get(id);
        return doc && (doc.chain.length ? doc.chain.at(-1).value : doc.raw);
    }
    /** A new write of this tab, not applied yet. */
    compose(id, value, more) {
        const doc = this.docs.get(id);
        const last = doc?.chain.at(-1);
        const at = Date.now();
        const write = { op: newOp(), id, n: Math.max(this.#clock + 1, at), value, at, base: baseOf(doc), was: doc?.value, ...more };
        return last ? { ...write, base: last.base, was: replaces(write, last) ? last.was : last.value } : write;
    }
    apply(batch) {
        const applied = { changed: new Set(), replaced: [] };
        const before = new Map();
        const touch = (id) => before.has(id) || before.set(id, this.raw(id));
        for (const doc of batch.docs ?? [])
            touch(doc.id), this.take(doc, batch.force);
        for (const end of batch.end ?? [])
            touch(end.id), this.#end(end);
        for (const write of batch.put ?? [])
            touch(write.id), this.#put(write, applied);
        for (const note of batch.conflicts ?? [])
            this.conflicts.has(note.key) || this.conflicts.set(note.key, Object.freeze(note));
        for (const key of batch.forget ?? [])
            this.conflicts.delete(key);
        for (const [group, cursor] of batch.cursors ?? [])
            this.cursors.set(group, cursor);
        for (const [id, value] of before) {
            this.of(id).length ? this.#written.add(id) : this.#written.delete(id);
            if (this.raw(id) !== value && this.shown(id) !== look(value))
                applied.changed.add(id);
        }
        return applied;
    }
    /** The local writes of a document, oldest first. */
    of(id) {
        return this.docs.get(id)?.chain ?? [];
    }
    /** The present form of a write, unless it has ended. */
    find({ op, id }) {
        return this.of(id).find((write) => write.op === op);
    }
    /** All local writes. */
    waiting() {
        return [...this.#written].flatMap((id) => this.of(id));
    }
    /** The write of each document that can go to the server next. */
    heads() {
        return [...this.#written].flatMap((id) => this.of(id).find(({ sent }) => sent) ?? this.of(id).find(({ refused }) => !refused) ?? []);
    }
    clear() {
        for (const all of [this.docs, this.cursors, this.conflicts, this.damaged, this.#written])
            all.clear();
    }
    #doc(id) {
        let doc = this.docs.get(id);
        if (!doc)
            this.docs.set(id, (doc = new Doc()));
        return doc;
    }
    /**
     * Takes a document of the server unless it is older; or of the storage, whose
     * value is decoded at the first look.
     */
    take({ id, version, value, damaged }, force = false, decode) {
        const doc = this.docs.get(id);
        if (doc && !force && version - Number(!damaged) < doc.version)
            return;
        const now = new Doc(version, value, doc?.chain, value === undefined ? value : decode);
        this.docs.set(id, now);
        if (!force && doc?.own)
            now.own = doc.own;
        if (damaged)
            now.damaged = damaged;
        damaged ? this.damaged.add(id) : this.damaged.delete(id);
    }
    #end({ op, id, took }) {
        this.ended.add(op);
        const doc = this.#doc(id);
        const { chain, own } = doc;
        const { value } = chain.find((write) => write.op === op) ?? doc;
        doc.chain = chain.filter((write) => write.op !== op);
        if (!took)
            return;
        doc.own = { from: own?.version === took.base ? own.from : took.base, version: took.version, value };
        doc.chain = doc.chain.map((write, i) => this.#rebased(doc, write, i));
    }
    /**
     * A write that is based on a version which this browser has replaced itself
     * since is based on the replacement instead.
     */
    #rebased({ own }, write, place) {
        if (!own || write.sent || write.refused || write.base < own.from || write.base >= own.version)
            return write;
        return { ...write, base: baseOf(own), was: place ? write.was : own.value };
    }
    #put(write, applied) {
        this.#clock = Math.max(this.#clock, write.n);
        if (this.ended.has(write.op))
            return;
        const doc = this.#doc(write.id);
        const others = doc.chain.filter((other) => other.op !== write.op);
        const mine = this.#rebased(doc, write, others.length);
        const chain = (doc.chain = [...others, mine].sort((a, b) => (later(a, b) ? 1 : -1)));
        let at = chain.indexOf(mine);
        const newer = chain[at + 1];
        const drop = (place, by) => applied.replaced.push([chain.splice(place, 1)[0].op, by.op]);
        if (newer && replaces(newer, mine))
            drop(at, newer);
        else
            while (at && replaces(mine, chain[at - 1]))
                drop(--at, mine);
    }
}
