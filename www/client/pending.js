/** Promises for things with an id: a write, a sync that the leader was asked for. */
export class Pending {
    #all = new Map();
    wait(id) {
        return new Promise((resolve, reject) => this.#all.set(id, [(error) => (error ? reject(error) : resolve())]));
    }
    /** Promises for `id` become promises for `to`. */
    handOn(id, to) {
        const waiting = this.#take(id);
        if (waiting.length)
            this.#all.set(to, [...this.#take(to), ...waiting]);
    }
    settle(id, error) {
        for (const done of this.#take(id))
            done(error);
    }
    close(error) {
        for (const id of this.#all.keys())
            this.settle(id, error);
    }
    #take(id) {
        const waiting = this.#all.get(id);
        this.#all.delete(id);
        return waiting ?? [];
    }
}
/**
 * Settles like the promise, but rejects with `late` after `ms` milliseconds. For all
 * that may never settle: databases, locks, functions of the app.
 */
export async function inTime(ms, promise, late) {
    let timer;
    const limit = new Promise((_, reject) => (timer = setTimeout(reject, ms, late)));
    return Promise.race([promise, limit]).finally(() => clearTimeout(timer));
}
/** A task of its own. Timers are late in a tab that is not seen. */
export function turn() {
    const { port1, port2 } = new MessageChannel();
    port2.postMessage(0);
    return new Promise((done) => (port1.onmessage = done)).then(() => port1.close());
}
