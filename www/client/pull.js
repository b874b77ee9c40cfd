import { extension } from './extension.js';
import { later } from './load-later.js';
import { turn } from './pending.js';
import { pullTime } from './replica.js';
/** Codes of a pull that fails again if it is repeated. The other groups go on. */
export const OUTDATED = 'upgrade-required';
export const REFUSALS = ['forbidden', 'bad-request', OUTDATED];
/** Documents that are taken in one task: whole entries of the log. */
const SLICE = 600;
export class Puller {
    /** The last job of each group. */
    #jobs = new Map();
    /** Pulls that have not begun. */
    #queued = new Map();
    constructor(exchange) {
        this.exchange = exchange;
    }
    /** Reads all that is new in the group. Callers share a pull that has not
     * begun. */
    pull(group) {
        let queued = this.#queued.get(group);
        if (!queued) {
            queued = this.#inTurn(group, () => {
                this.#queued.delete(group);
                return this.exchange.run(() => this.#pages(group));
            });
            this.#queued.set(group, queued);
        }
        return queued;
    }
    /** Applies an event of the stream. */
    changed(group, page) {
        // An event does not include what came before the stream began. Until a
        // pull has fetched that, the cursor stays.
        return this.#inTurn(group, () => this.#take(group, page, !this.exchange.stream?.live.has(group)));
    }
    /**
     * Runs the jobs of a group in order, so that an older page never follows a
     * newer event.
     */
    #inTurn(group, job) {
        const turn = (this.#jobs.get(group) ?? Promise.resolve()).then(job);
        this.#jobs.set(group, turn.catch(() => { }));
        return turn;
    }
    async #pages(group) {
        const { host, http, stream } = this.exchange;
        const confirmed = stream?.confirmed.has(group);
        const seen = new Set();
        let page = undefined;
        do {
            page = await http.pull(group, page?.cursor ?? host.replica.cursors.get(group) ?? '0').catch((error) => {
                if (!REFUSALS.includes(error.code))
                    throw error;
                this.exchange.refuse(group, error);
            });
            // Many documents are stored as its `entryOf` makes them.
            if (page?.more)
                await later().catch(() => { });
            if (page?.reset)
                await later();
            // The cursor of a snapshot is valid only when all of its pages
            // were read.
            if (!page || !(await this.#take(group, page, page.reset && page.more, seen)))
                return;
        } while (page.more);
        if (page.reset)
            void this.exchange.settle(extension.moved(host, group));
        if (confirmed)
            stream.live.add(group);
        this.exchange.pulled(group);
    }
    /**
     * Takes a page in slices, so that the app's page answers meanwhile. The last
     * one has the cursor, unless that stays. False if the tab does not lead the
     * group any more. `seen` collects the ids of a snapshot.
     */
    async #take(group, page, stays, seen = new Set()) {
        const { docs: rest, more, reset: force } = page;
        const { host } = this.exchange;
        do {
            if (!host.leader.leading.has(group))
                return false;
            const found = rest.splice(0, SLICE);
            const docs = found.map((doc) => (seen.add(doc.id), serverDoc(host.replica, doc)));
            if (force && !more && !rest[0])
                docs.push(...extension.missing(host, group, seen));
            void host.outbox.record({ docs, force, cursors: cursors(group, { ...page, docs: found }, stays || !!rest[0]) });
        } while (rest[0] && !(await turn()));
        return true;
    }
}
/** After a page: the cursor unless it stays, and if it was the last one the time. */
function cursors(group, { docs, cursor, more }, stays) {
    const moved = [[group, cursor], [pullTime(group), `${Date.now()}`]];
    return [...(extension.meta?.(docs) ?? []), ...moved.slice(0, stays ? 0 : more ? 1 : 2)];
}
/**
 * Of a document that is damaged on the server, this device keeps its copy. Its next
 * write, on the damaged version, mends it.
 */
export function serverDoc({ docs }, { id, version, value, deleted, damaged }) {
    return damaged ? { id, version, value: docs.get(id)?.value, damaged } : { id, version, value: deleted ? undefined : value };
}
