import { inTime } from './pending.js';
import { serverDoc } from './pull.js';
import { baseOf, replaces } from './replica.js';
/** A push stays well below the server's limit for a request body (1 MiB). */
const MAX_DOCS = 500;
const MAX_CHARS = 250_000;
/** Codes of a push that fails again if it is repeated. */
const REFUSALS = ['bad-request', 'forbidden', 'too-large', 'damaged'];
export class Pusher {
    #pushing;
    #again = false;
    constructor(exchange, extension) {
        this.exchange = exchange;
        this.extension = extension;
    }
    /** Sends writes until none is left. */
    push() {
        this.#again = true;
        return (this.#pushing ??= this.#drain());
    }
    async #drain() {
        // Collects the swaps of this turn; and `#pushing` must be set before it
        // is cleared.
        await undefined;
        try {
            while (this.#again && !this.exchange.network.unauthorized) {
                this.#again = false;
                for (let next = this.#next(); next.length; next = this.#next())
                    await this.exchange.run(() => this.#send(next));
            }
        }
        finally {
            this.#pushing = undefined;
        }
    }
    /**
     * The writes of the next push: a transaction, if all of its writes can be sent,
     * or writes that are in none.
     */
    #next() {
        const { codec, replica } = this.exchange.host;
        const groups = this.exchange.groups();
        const transaction = this.extension.pick?.(this.exchange.host, groups);
        if (transaction)
            return transaction;
        const heads = replica.heads().filter(({ id }) => groups.some((group) => id.startsWith(group + ':')));
        let chars = 0;
        return heads
            .filter(({ tx }) => !tx)
            .sort((a, b) => a.n - b.n)
            .slice(0, MAX_DOCS)
            .filter(({ value }, i) => {
            chars += chars > MAX_CHARS ? 0 : codec.encode(value ?? null).length;
            return !i || chars <= MAX_CHARS;
        });
    }
    /**
     * Marks writes as sent: they do not change until there is a response; newer
     * edits queue.
     */
    async #mark(writes) {
        const put = writes.filter((write) => !write.sent).map((write) => ({ ...write, sent: true }));
        // A database that hangs must not prevent the push.
        if (put.length)
            await inTime(1000, this.exchange.host.outbox.record({ put })).catch(() => { });
    }
    async #send(writes) {
        await this.#mark(writes);
        const docs = writes.map(({ id, base, op, value }) => ({ id, base, op, ...(value === undefined ? { deleted: true } : { value }) }));
        const isAtomic = !!writes[0].tx;
        const results = await push(this.exchange, docs, isAtomic).catch((error) => {
            if (!REFUSALS.includes(error.code))
                throw error;
            return error;
        });
        if (Array.isArray(results))
            await this.#results(writes, results);
        else if (isAtomic || writes.length === 1)
            for (const write of writes)
                this.#refuse(write, results);
        else {
            // One bad write must not block the others: bisect.
            const half = writes.length >> 1;
            await this.#send(writes.slice(0, half));
            await this.#send(writes.slice(half));
        }
    }
    async #results(writes, results) {
        const { host } = this.exchange;
        const batch = { docs: [], end: [], put: [] };
        const conflicts = [];
        writes.forEach(({ op, id, base, value }, i) => {
            const { status, version } = results[i];
            if (status === 'conflict')
                conflicts.push(serverDoc(host.replica, results[i]));
            if (status !== 'ok')
                return;
            const doc = { id, version, value };
            batch.docs.push(doc);
            batch.end.push({ op, id, took: { base, version } });
            const unsent = host.replica.of(id).filter((next) => next.op !== op && !next.sent && !next.refused);
            unsent.forEach((next, place) => batch.put.push({ ...next, base: baseOf(doc), was: place ? next.was : value }));
        });
        if (batch.end.length)
            void host.outbox.record(batch);
        // Before the conflicts, as a merge may fail and set an error.
        this.exchange.note({ lastPush: Date.now(), lastError: null });
        await this.exchange.settle(conflicts);
    }
    #refuse(write, { status, code, message: reason }) {
        const { op, id } = write;
        const { host } = this.exchange;
        const newer = host.replica.of(id).some((other) => other.op !== op && replaces(other, { ...write, sent: false }));
        // A newer edit of the document replaces the refused one and is tried
        // itself.
        void host.outbox.record(newer
            ? { end: [{ op, id, error: { code: 'rejected', message: reason, status } }] }
            : { put: [{ ...write, sent: false, refused: { status, code, reason } }] });
    }
}
function push({ http, host: { codec } }, docs, atomic) {
    const check = ({ results }) => {
        if (docs.every(({ id }, i) => results[i].id === id && (results[i].version >= 0 ? /^(ok|conflict)$/ : /^skipped$/).test(results[i].status)))
            return results;
        throw results;
    };
    // A redirect would make a GET of it, or send the writes to another place.
    return http.asked('sync', check, { method: 'POST', redirect: 'manual', body: codec.write(atomic ? { docs, atomic } : { docs }), headers: { 'Content-Type': codec.type } });
}
