import { extension } from './extension.js';
import { Http } from './http.js';
import { later } from './load-later.js';
import { plain, revived } from './message.js';
import { Puller } from './pull.js';
import { rights } from './replica.js';
import { stable } from './status.js';
import { PocketbookError } from './types.js';
/** The server sends a ping every 15 s at the latest. */
const STREAM_TIMEOUT = 32_000;
const CHECK = 15_000;
const BACKOFF = 500;
const BACKOFF_MAX = 30_000;
/** A longer timer would fire at once. */
const MAX_TIMER = 2 ** 31 - 1;
/** Groups in a connection of the stream, as the protocol limits them. */
const MAX_GROUPS = 64;
/** Statuses of a refused group, or of a server or a proxy that finds the request too
 * long. */
const REFUSED = [400, 403, 414, 426, 431];
/**
 * Connections of the stream: a browser opens six to a server. Further groups are
 * polled.
 */
const MAX_CONNECTIONS = 4;
export class SyncLoop {
    #inFlight;
    #puller;
    #pusher;
    #timer;
    #due;
    #failures;
    /**
     * Milliseconds until the stream is opened again; the server varies it between
     * clients.
     */
    #retry;
    /** Groups in a connection: less after a connection with so many was refused. */
    #most;
    #refusedToken;
    /** When to look for another token. */
    #askForToken;
    #closed;
    /** `onNetwork` is called when the network state has changed. */
    constructor(host, onNetwork) {
        this.host = host;
        this.onNetwork = onNetwork;
        this.network = {};
        this.#inFlight = 0;
        this.#due = Infinity;
        this.#failures = 0;
        /**
         * Milliseconds until the stream is opened again; the server varies it between
         * clients.
         */
        this.#retry = BACKOFF;
        /** Groups in a connection: less after a connection with so many was refused. */
        this.#most = MAX_GROUPS;
        /** When to look for another token. */
        this.#askForToken = 0;
        this.#closed = false;
        this.http = new Http(host);
        this.#puller = new Puller(this);
        this.#arm(0);
    }
    /** Opens a new stream and syncs: the open one may be dead or miss a group. */
    restart() {
        this.#closeStream();
        this.#most = MAX_GROUPS;
        this.#forget();
        this.#arm(0);
    }
    /** There is something to push. */
    kick() {
        const { unauthorized, online, tried } = this.network;
        if (unauthorized)
            return;
        // While offline a new write is a reason to try again, but not each
        // keystroke.
        if (online || !tried)
            this.#attempt(this.#push());
        else
            this.#arm(Math.min(1000, this.#due - Date.now()));
    }
    /** The page is visible again. */
    wake() {
        this.#alive(CHECK + 3000) ? this.kick() : this.restart();
    }
    offline() {
        this.#closeStream();
        this.#failed(new PocketbookError('offline', 'device is offline'));
    }
    /** The token may have changed. */
    resume() {
        this.note({ unauthorized: false, parts: new Map() });
        this.restart();
    }
    close() {
        this.#closed = true;
        clearTimeout(this.#timer);
        this.#closeStream();
    }
    /**
     * Pulls these groups, then pushes everything. Rejects also if the server
     * refuses `wanted`.
     */
    async sync(wanted, groups = this.groups()) {
        try {
            if (!this.#alive())
                this.#listen();
            await Promise.all((wanted && this.#refusal(wanted) ? [...groups, wanted] : groups).map((group) => this.#puller.pull(group)));
            await this.#push();
            this.#failures = 0;
        }
        catch (error) {
            this.#failed(error);
            throw error;
        }
        const error = wanted && this.#refusal(wanted);
        if (error)
            throw revived(error);
    }
    // ---- For pull.ts and push.ts ----
    groups() {
        return [...this.host.leader.leading].filter((group) => !this.#refusal(group)).sort();
    }
    note(changes) {
        const before = this.network;
        this.network = stable(before, { ...before, busy: this.#inFlight > 0, ...changes });
        if (this.network !== before)
            this.onNetwork();
    }
    async run(requests) {
        this.#inFlight++;
        this.note({});
        try {
            const result = await requests();
            this.note({ online: true, tried: true });
            return result;
        }
        finally {
            this.#inFlight--;
            this.note({});
        }
    }
    async settle(theirs) {
        if (!theirs.length)
            return;
        // In this turn, if it is loaded.
        const { batches, error, wait } = (extension.resolve ? extension : await later()).resolve(theirs, this.host);
        if (error)
            this.note({ lastError: error });
        for (const batch of batches)
            void this.host.outbox.record(batch);
        if (wait)
            await new Promise((done) => setTimeout(done, wait));
    }
    pulled(group) {
        const refused = this.#refusal(group);
        this.note({ lastError: null, parts: new Map(this.#parts).set(group, null) });
        if (refused)
            this.restart();
    }
    refuse(group, error) {
        this.#refused();
        this.note({ parts: new Map(this.#parts).set(group, plain(error)) });
        // The stream must not ask for it. More groups may be refused right now.
        this.#closeStream();
        this.#most = MAX_GROUPS;
        this.#arm(BACKOFF);
    }
    // ---- The groups ----
    get #parts() {
        return this.network.parts ?? new Map();
    }
    #refusal(group) {
        return this.#parts.get(group);
    }
    /** The token was refused. Another one is looked for later. */
    #refused() {
        this.#refusedToken = this.http.used;
        this.#askForToken = Date.now() + this.host.interval();
    }
    /** The groups are to be pulled again. Refusals stay. */
    #forget() {
        this.note({ parts: new Map([...this.#parts].filter(([, error]) => error)) });
    }
    /** The groups without a stream that follows on what was pulled. */
    #behind() {
        return this.groups().filter((group) => !this.#alive() || !this.stream.live.has(group) || !this.#parts.has(group));
    }
    // ---- The timer ----
    #arm(ms) {
        if (this.#closed)
            return;
        clearTimeout(this.#timer);
        this.#due = Date.now() + ms;
        this.#timer = setTimeout(() => void this.#tick(), Math.min(ms, MAX_TIMER));
    }
    async #tick() {
        this.#arm(Math.min(this.host.interval(), this.#alive() ? CHECK : Infinity));
        if (Date.now() >= this.#askForToken && (this.network.unauthorized || [...this.#parts.values()].some(Boolean))) {
            const token = await this.host.token().catch(() => this.#refusedToken);
            if (token !== this.#refusedToken)
                return this.resume();
        }
        if (this.network.unauthorized || !this.groups().length)
            return;
        const behind = this.#behind();
        this.#attempt(behind.length ? this.sync(undefined, behind) : this.#push());
    }
    /** Sends writes until none is left. */
    async #push() {
        const { Pusher } = await later();
        this.#pusher ??= new Pusher(this, extension);
        return this.#pusher.push();
    }
    #attempt(work) {
        work.catch((error) => this.#failed(error));
    }
    /** Reports a failure and sets the time of the next attempt. */
    #failed(cause, wait) {
        const lastError = cause instanceof PocketbookError ? cause : new PocketbookError('protocol', `${cause}`);
        // One failure may end several attempts.
        if (lastError === this.network.lastError)
            return;
        if (lastError.code === 'unauthorized') {
            this.#closeStream();
            this.#refused();
            this.note({ unauthorized: true, tried: true, lastError });
            this.#arm(this.host.interval());
        }
        else {
            this.#forget();
            this.note({ online: false, tried: true, lastError });
            this.#arm(Math.max(wait ?? Math.min(BACKOFF_MAX, BACKOFF * 2 ** this.#failures++) * (0.5 + Math.random() / 2), lastError.retryAfter));
        }
    }
    // ---- The stream ----
    #alive(timeout = STREAM_TIMEOUT) {
        return !!this.stream?.heard.every((at) => Math.abs(Date.now() - at) < timeout);
    }
    #closeStream() {
        this.stream?.abort.abort();
        this.stream = undefined;
    }
    /** The groups of each connection of a stream. */
    #connections() {
        const groups = this.groups();
        const all = [];
        while (groups.length && all.length < MAX_CONNECTIONS)
            all.push(groups.splice(0, this.#most));
        return all;
    }
    #listen() {
        this.#closeStream();
        const stream = (this.stream = { abort: new AbortController(), heard: [], confirmed: new Set(), live: new Set() });
        this.#connections().forEach((groups, i) => {
            const ended = (error) => {
                if (this.stream === stream)
                    this.#ended(stream, i, groups, error);
            };
            const on = (event, data) => {
                stream.heard[i] = Date.now();
                this.#onEvent(stream, event, data);
            };
            stream.heard[i] = Date.now();
            this.http.stream(groups, stream.abort.signal, on).then(ended, ended);
        });
    }
    #onEvent({ confirmed }, event, data) {
        if (event === 'retry')
            this.#retry = data;
        else if (event) {
            const { group, reset } = data;
            if (event === 'connected') {
                confirmed.add(group);
                void this.host.outbox.record({ cursors: [[rights(group), JSON.stringify([data.user, data.write])]] });
            }
            this.#attempt(event === 'connected' || reset ? this.#puller.pull(group).then(() => this.#push()) : this.#puller.changed(group, data));
        }
    }
    /**
     * If a connection that was confirmed ends, the server may be gone. One that was
     * refused for its groups is opened again with fewer of them. For all else
     * polling will show the reason, and ask for a stream again.
     */
    #ended({ heard, confirmed }, i, groups, error) {
        heard[i] = 0;
        if (groups.some((group) => confirmed.has(group))) {
            this.#closeStream();
            // The server is there. A request shows what it refuses, or
            // has another token.
            if (/unauthorized|expired|forbidden/.test(error?.code))
                this.#arm(0);
            else
                this.#failed(new PocketbookError('offline', 'connection lost'), this.#retry);
        }
        else if (error?.code === 'unauthorized')
            this.#failed(error);
        else if (REFUSED.includes(error?.status) && groups.length > 1) {
            this.#most = groups.length >> 1;
            this.#listen();
        }
    }
}
