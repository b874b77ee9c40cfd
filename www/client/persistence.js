// Keeps rows in a storage in spite of its failures: each write opens a failed storage
// again, and then stores everything that is in memory.
import { later } from './load-later.js';
import { inTime } from './pending.js';
import { pullTime, rights } from './replica.js';
import { PocketbookError } from './types.js';
/** Milliseconds for opening a storage, and for a transaction. */
const OPENING = 5000;
const TRANSACTION = 30_000;
export class Persistence {
    #isOpen;
    #isClosed;
    /** Settles when the last documents are stored, or could not be. */
    #docs;
    /** Settles when all writes under way are stored. */
    #stored;
    #recovering;
    #opening;
    #asking;
    constructor(store, host) {
        this.store = store;
        this.host = host;
        /** Why nothing can be stored at present. */
        this.error = null;
        /** The browser has promised not to evict the data; see Status. */
        this.persisted = null;
        this.#isOpen = false;
        this.#isClosed = false;
        /** Settles when the last documents are stored, or could not be. */
        this.#docs = Promise.resolve();
        /** Settles when all writes under way are stored. */
        this.#stored = Promise.resolve();
        this.opened = this.#open();
        this.opened.catch((cause) => this.degrade(cause));
        void this.#ask('persisted');
    }
    /**
     * Stores rows in one transaction: documents after those before them, so that a
     * cursor is never ahead of its documents. Nothing, while or after it ends.
     */
    write(rows) {
        if (this.#isClosed)
            return this.#stored;
        const write = () => this.#write(rows);
        // At once if the storage is open: a page that is being closed has no
        // next turn.
        const stored = this.#isOpen ? (rows.docs ? this.#docs.then(write) : write()) : this.opened.then(() => (this.error ? Promise.reject(this.error) : write()));
        if (rows.docs)
            this.#docs = stored;
        // The connection may be lost, or the database deleted. Recovery stores
        // all that is in memory, which includes these rows.
        const safe = stored.catch((cause) => this.#recover(cause));
        this.#stored = Promise.allSettled([this.#stored, safe]).then(() => { });
        return safe;
    }
    load(group) {
        const { store } = this;
        const more = [pullTime(group), rights(group)].map(async (key) => [key, await store.cursor?.(key)]);
        return inTime(TRANSACTION, Promise.all([store.load(group), ...more]), silent());
    }
    /**
     * From now on the data is in memory only; each further write tries the storage
     * again.
     */
    degrade(cause) {
        this.error =
            cause?.name === 'QuotaExceededError'
                ? new PocketbookError('quota', 'device is full')
                : new PocketbookError('storage', `storage failed: ${cause?.message ?? cause}`);
        this.opened.catch(() => { });
        this.#isOpen = false;
        this.host.notify();
        return this.error;
    }
    /** Asks the browser not to evict the data, once. */
    askToPersist() {
        this.#asking ??= this.#ask('persist');
    }
    /** Removes everything, also what is being written. */
    async clear() {
        this.#isClosed = true;
        await this.opened.catch(() => { });
        await this.#stored;
        await this.store.clear().finally(() => (this.#isClosed = false));
    }
    /**
     * Closes the storage when all writes under way are stored. `empty`: removes
     * them too.
     */
    async close(empty) {
        if (empty)
            await this.clear().catch(() => { });
        this.#isClosed = true;
        await this.opened.catch(() => { });
        await this.#stored;
        this.store.close();
    }
    async #open() {
        const lost = () => {
            this.#isOpen = false;
            this.#recover().catch(() => { });
        };
        this.#isOpen = false;
        // One that is late is not asked again, but opens the storage when it
        // answers.
        this.#opening ??= this.store.open(this.host.name, lost).finally(() => (this.#opening = undefined));
        const opening = this.#opening;
        await inTime(OPENING, opening, silent()).catch((cause) => {
            opening.then(lost, () => { });
            throw cause;
        });
        this.#docs = Promise.resolve();
        this.#isOpen = true;
    }
    #write(rows) {
        return inTime(TRANSACTION, this.store.write(rows), silent());
    }
    #recover(cause) {
        if (this.#isClosed)
            return Promise.reject(cause);
        return (this.#recovering ??= this.#replay());
    }
    async #replay() {
        try {
            await this.host.codecReady;
            const { allRows } = await later();
            await (this.opened = this.#open());
            // Later changes are not among the rows: they are written as
            // usual.
            this.#recovering = undefined;
            await this.#write(allRows(this.host.replica, this.host.codec));
            this.error = null;
            this.host.notify();
            this.host.outbox.onReopened();
        }
        catch (cause) {
            this.#recovering = undefined;
            throw this.degrade(cause);
        }
    }
    async #ask(how) {
        let is = null;
        try {
            is = await navigator.storage[how]();
        }
        catch {
            // An old browser, or denied.
        }
        // `persisted` is also false if the browser was not asked to promise
        // yet.
        this.persisted = is || (how === 'persist' ? is : null);
        this.host.notify();
    }
}
function silent() {
    return new PocketbookError('storage', 'no answer');
}
