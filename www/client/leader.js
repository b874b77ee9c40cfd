import { inTime } from './pending.js';
import { OUTDATED } from './pull.js';
/** A leader that misses so many checks, one every 0.8 s, is replaced. */
const MAX_MISSED = 2;
export class Leader {
    /** The groups whose lock this tab holds. */
    #held;
    #groups;
    #timer;
    constructor(host) {
        this.host = host;
        /** The groups that this tab leads and is ready to exchange. */
        this.leading = new Set();
        /** The groups whose lock this tab holds. */
        this.#held = new Set();
        this.#groups = new Map();
    }
    join(group) {
        this.#groups.set(group, { release: new AbortController(), missed: 0 });
        // Without locks (an insecure origin, an old browser, denied storage)
        // each tab syncs for itself. The `op` of each write makes that safe.
        if (!globalThis.navigator?.locks)
            return this.#onHeld(group);
        this.#request(group, false);
        this.#timer ??= setInterval(() => this.#check(), 800);
    }
    leave(group) {
        this.#groups.get(group)?.release.abort();
        this.#groups.delete(group);
        this.#release(group);
    }
    close() {
        clearInterval(this.#timer);
        for (const group of this.#groups.keys())
            this.leave(group);
    }
    receive({ ask, here, schema }) {
        if (ask && this.#held.has(ask)) {
            const { network, options: { schema: own = 0 } } = this.host;
            // The server has turned this app away, and the other tab has a
            // newer one.
            if (schema > own && network.parts.get(ask)?.code === OUTDATED)
                this.leave(ask), this.join(ask);
            else
                this.host.post({ here: ask });
        }
        const entry = here && this.#groups.get(here);
        if (entry) {
            entry.missed = 0;
            entry.stolen = false;
        }
    }
    #request(group, steal) {
        const { release } = this.#groups.get(group);
        const options = steal ? { steal } : { signal: release.signal };
        const held = () => new Promise((done) => {
            if (release.signal.aborted)
                return done();
            release.signal.onabort = () => done();
            this.#onHeld(group);
        });
        const requested = async () => navigator.locks.request(`${this.host.name}:${group}`, options, held);
        requested().catch((error) => this.#onLost(group, release, error.name !== 'AbortError'));
    }
    #onHeld(group) {
        this.#held.add(group);
        this.#groups.get(group).stolen = false;
        this.host.post({ here: group });
        void this.#takeOver(group).finally(() => {
            if (!this.#held.has(group))
                return;
            this.leading.add(group);
            this.host.network.onLeading(true);
        });
    }
    /**
     * A leader starts from the stored cursor: the documents that its predecessor
     * posted may never have been stored.
     */
    async #takeOver(group) {
        await inTime(2000, this.host.loaded(group)).catch(() => { });
        const { error, store } = this.host.persistence;
        if (error || !store.cursor)
            return;
        const cursor = await inTime(2000, store.cursor(group)).catch(() => undefined);
        const { cursors } = this.host.replica;
        cursor === undefined ? cursors.delete(group) : cursors.set(group, cursor);
    }
    /** Another tab has stolen the lock, the request was aborted, or locks are
     * denied. */
    #onLost(group, release, denied) {
        if (this.#groups.get(group)?.release !== release)
            return;
        if (denied)
            this.#onHeld(group);
        else if (this.#release(group))
            this.#request(group, false);
    }
    /** Did this tab hold the lock? */
    #release(group) {
        if (this.leading.delete(group))
            this.host.network.onLeading(false);
        return this.#held.delete(group);
    }
    #check() {
        for (const [group, entry] of this.#groups) {
            if (this.#held.has(group))
                continue;
            if (entry.missed++ < MAX_MISSED)
                this.host.post({ ask: group, schema: this.host.options.schema });
            // Locks that never answer are none.
            else if (entry.stolen)
                this.#onHeld(group);
            else {
                const waiting = entry.release;
                entry.missed = 0;
                entry.stolen = true;
                entry.release = new AbortController();
                waiting.abort();
                this.#request(group, true);
            }
        }
    }
}
