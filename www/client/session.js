// The session that all atoms of one server and user share in this tab: it creates the
// parts (writes, persistence, leader, network) and connects them.
import { codecOf } from './codec.js';
import { TIMEOUT } from './http.js';
import { Leader } from './leader.js';
import { Network } from './network.js';
import { inTime } from './pending.js';
import { Persistence } from './persistence.js';
import { Replica } from './replica.js';
import { IndexedStorage, memoryStorage } from './storage.js';
import { PocketbookError } from './types.js';
import { Writes } from './writes.js';
const sessions = new Set();
export class Session {
    #channel;
    #bindings;
    #token;
    /** The session for these options: one for each server, user, codec and
     * storage. */
    static of(options) {
        const url = new URL(options.url || '/', globalThis.location?.href).href.replace(/\/*$/, '/');
        const codec = options.codec ?? 'json';
        const name = `pocketbook ${url} ${options.user ?? ''} ${codec.name ?? codec}`;
        for (const session of sessions)
            if (session.name === name && session.options.storage === options.storage && session.options.schema === options.schema) {
                if (options.token !== undefined)
                    session.setToken(options.token, false);
                return session;
            }
        return new Session(name, url, options);
    }
    constructor(name, url, options) {
        this.name = name;
        this.url = url;
        this.options = options;
        this.replica = new Replica();
        this.outbox = new Writes(this);
        this.leader = new Leader(this);
        this.network = new Network(this);
        this.#bindings = [];
        const { storage } = options;
        const codec = codecOf(options.codec);
        sessions.add(this);
        this.#token = options.token;
        if (!(codec instanceof Promise))
            this.codec = codec;
        this.codecReady = Promise.resolve(codec).then((ready) => this.#start(ready));
        this.persistence = new Persistence(typeof storage === 'object' ? storage : storage === 'memory' ? memoryStorage : new IndexedStorage(), this);
        this.codecReady.catch((error) => this.persistence.degrade(error));
        try {
            this.#channel = new BroadcastChannel(name);
            this.#channel.onmessage = ({ data }) => this.#onMessage(data);
            this.post({ hello: true });
        }
        catch {
            // There is none, or it is denied, as storage and locks are
            // then.
        }
    }
    // ---- For the atoms ----
    join(binding) {
        const { group } = binding;
        const first = this.#bindingOf(group);
        this.#bindings.push(binding);
        binding.ready = first?.ready ?? this.outbox.load(group);
        // Nothing is shown until all is loaded.
        binding.onDocs(this.replica.docs.keys(), undefined, this.outbox.loading.has(group));
        if (!first) {
            this.network.onJoin(group);
            this.leader.join(group);
        }
        return binding.ready;
    }
    async leave(binding) {
        this.#bindings = this.#bindings.filter((other) => other !== binding);
        const { group } = binding;
        if (this.#bindingOf(group))
            return;
        this.leader.leave(group);
        this.network.left(group, new PocketbookError('destroyed', 'atom destroyed'));
        if (!this.#bindings.length)
            await this.#close('atom destroyed');
    }
    setToken(token, tell = true) {
        this.#token = token;
        if (tell && typeof token !== 'function')
            this.post({ token: [token] });
        this.network.loop?.resume();
    }
    /** Ends the session in all tabs and removes the local data. */
    async logout(force) {
        const unsent = this.replica.waiting().length;
        if (unsent && !force)
            throw new PocketbookError('pending', `${unsent} unsent writes`);
        await this.persistence.clear();
        this.post({ logout: true });
        await this.#forget();
    }
    // ---- For the parts ----
    interval() {
        return Math.min(...this.#bindings.map((binding) => binding.interval));
    }
    async token() {
        if (typeof this.#token !== 'function')
            return this.#token;
        return inTime(TIMEOUT, Promise.resolve(this.#token()), new PocketbookError('offline', 'token is late'));
    }
    optionsOf(id) {
        return this.#bindings.filter(({ group }) => id.startsWith(group + ':'));
    }
    loaded(group) {
        return this.#bindingOf(group)?.ready ?? this.persistence.opened;
    }
    /** Sends a message to the other tabs. */
    post(message) {
        if (!this.dead)
            this.#channel?.postMessage(message);
    }
    onDocs(ids, swap, part) {
        for (const binding of this.#bindings)
            binding.onDocs(ids, swap, part);
    }
    notify() {
        for (const binding of this.#bindings)
            binding.notify();
    }
    // ---- Start and end ----
    #bindingOf(group) {
        return this.#bindings.find((binding) => binding.group === group);
    }
    #start(codec) {
        this.codec = codec;
        if (!this.dead)
            this.network.start();
        return codec;
    }
    #onMessage(message) {
        const { rows, token } = message;
        this.leader.receive(message);
        if (rows)
            this.outbox.receive(rows, message);
        this.network.receive(message);
        if (token)
            this.setToken(token[0], false);
        if (message.logout)
            void this.#forget();
    }
    async #forget() {
        const ids = [...this.replica.docs.keys()];
        this.replica.clear();
        this.onDocs(ids);
        await this.#close('logged out', true);
        this.notify();
    }
    async #close(why, empty) {
        if (this.dead)
            return;
        this.dead = new PocketbookError('destroyed', why);
        sessions.delete(this);
        this.leader.close();
        this.network.close(this.dead);
        this.#channel?.close();
        this.outbox.close(this.dead);
        await this.persistence.close(empty);
    }
}
