import { extension } from './extension.js';
import { later } from './load-later.js';
import { plain, revived } from './message.js';
import { Pending } from './pending.js';
import { newOp } from './replica.js';
import { SyncLoop } from './sync-loop.js';
export class Network {
    /** Syncs that the leader was asked for, and their groups. */
    #syncs;
    #groups;
    #unlisten;
    constructor(host) {
        this.host = host;
        this.state = {};
        /** Each group as its leader sees it. */
        this.parts = new Map();
        /** Syncs that the leader was asked for, and their groups. */
        this.#syncs = new Pending();
        this.#groups = new Map();
        this.#unlisten = new AbortController();
        this.#listen();
    }
    /** The codec is loaded. */
    start() {
        this.loop = new SyncLoop(this.host, () => this.#publish());
        this.#askForSyncs();
    }
    close(error) {
        this.loop?.close();
        this.#unlisten.abort();
        this.#syncs.close(error);
    }
    async sync(group) {
        if (this.host.dead)
            throw this.host.dead;
        const id = newOp();
        const done = this.#syncs.wait(id);
        this.#groups.set(id, group);
        this.#askForSyncs();
        return done.finally(() => this.#groups.delete(id));
    }
    /** The first atom of a group: what was known of it may be old. */
    onJoin(group) {
        this.#learn(new Map([[group, undefined]]));
        this.host.post({ hello: true });
    }
    /** No atom of the group is left. */
    left(group, error) {
        for (const [id, of] of this.#groups)
            if (of === group)
                this.#syncs.settle(id, error);
    }
    /** There may be something to push. */
    kick() {
        if (this.host.leader.leading.size)
            this.loop?.kick();
    }
    /** This tab leads another group, or one less. */
    onLeading(added) {
        this.loop?.restart();
        if (!added)
            return;
        this.host.post({ hello: true });
        this.#askForSyncs();
    }
    receive({ net, error, hello, sync, group, synced }) {
        const { leading } = this.host.leader;
        if (net) {
            if (!leading.size)
                this.state = net;
            this.#learn(net.parts, (part) => !leading.has(part));
        }
        if (hello) {
            this.#publish();
            this.#askForSyncs();
        }
        if (sync && leading.has(group))
            this.#syncFor(sync, group);
        if (synced)
            this.#syncs.settle(synced, revived(error));
    }
    /** Sends the loop's state to the other tabs. */
    #publish() {
        const { leading } = this.host.leader;
        if (!this.loop || !leading.size)
            return;
        this.state = this.loop.network;
        // Those that were not pulled too.
        const parts = new Map([...leading].map((group) => [group, this.state.parts?.get(group)]));
        this.host.post({ net: { ...this.state, parts, lastError: plain(this.state.lastError) } });
        this.#learn(parts);
    }
    #learn(parts = new Map(), is = (_group) => true) {
        this.parts = new Map([...this.parts, ...[...parts].filter(([group]) => is(group))]);
        // In each tab, also one that does not lead: when it is needed, the
        // server may have that of another version.
        if (this.state.tried && !extension.problem)
            later().catch(() => { });
        this.host.notify();
    }
    /** Asks the leader of each group. A tab that begins to lead is asked again. */
    #askForSyncs() {
        for (const [sync, group] of this.#groups)
            this.host.leader.leading.has(group) ? this.#syncFor(sync, group) : this.host.post({ sync, group });
    }
    #syncFor(synced, group) {
        const report = (error) => {
            const message = { synced, error: plain(error) };
            this.host.post(message);
            this.receive(message);
        };
        this.loop?.sync(group).then(() => report(), report);
    }
    #listen() {
        const { signal } = this.#unlisten;
        const on = (name, listener) => globalThis.addEventListener?.(name, listener, { signal });
        const wake = () => globalThis.document?.hidden || this.loop?.wake();
        // `visibilitychange` bubbles up from the document.
        for (const name of ['visibilitychange', 'focus', 'pageshow'])
            on(name, wake);
        on('online', () => this.loop?.restart());
        on('offline', () => this.host.leader.leading.size && this.loop?.offline());
    }
}
