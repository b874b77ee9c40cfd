// The requests of the protocol: pull, the event stream, and any other (push.ts).
import { createParser } from 'eventsource-parser';
import { later } from './load-later.js';
import { revived } from './message.js';
import { PocketbookError } from './types.js';
/** Milliseconds for a response. */
export const TIMEOUT = 30_000;
/** Each request throws a PocketbookError. */
export class Http {
    constructor(host) {
        this.host = host;
    }
    async pull(group, since) {
        return this.asked(`sync?group=${encodeURIComponent(group)}&since=${encodeURIComponent(since)}`, (page) => pageOf(group, page));
    }
    /**
     * Runs until the stream ends. `on` is called without arguments for each chunk,
     * and with each event and `retry` (milliseconds).
     */
    async stream(groups, signal, on) {
        const { codec } = this.host;
        const query = groups.map((group) => `group=${encodeURIComponent(group)}&`).join('');
        const response = await this.#fetch(`events?${query}docs=1&encoding=${codec.stream}`, 'text/event-stream', { signal });
        const parser = createParser({
            onRetry: (ms) => on('retry', ms),
            onEvent: ({ event, data: text }) => {
                if (!/^(connected|change|end)$/.test(event))
                    return;
                const data = codec.read(text);
                // The end of the stream, with its code.
                if (event === 'end')
                    throw data;
                if (!groups.includes(data.group))
                    throw protocolError();
                on(event, event === 'change' ? pageOf(data.group, data) : data);
            },
        });
        const text = new TextDecoder();
        const reader = response.body.getReader();
        for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
            on();
            parser.feed(text.decode(chunk.value, { stream: true }));
        }
    }
    /** `check` returns what was read, or throws if a Pocketbook server does not say
     * that. */
    async asked(path, check, init) {
        const { codec } = this.host;
        const response = await this.#fetch(path, codec.type, { signal: AbortSignal.timeout(TIMEOUT), ...init });
        const text = await response.text().catch(unreachable);
        try {
            return check(codec.read(text));
        }
        catch {
            throw protocolError();
        }
    }
    async #fetch(path, type, init) {
        const headers = { ...init.headers, Accept: type };
        const token = (this.used = await this.host.token());
        // fetch would report a network error.
        if (token && /[^\x21-\x7e]/.test(token))
            throw new PocketbookError('unauthorized', 'invalid token', 401);
        if (token)
            headers.Authorization = 'Bearer ' + token;
        const { url, options: { schema, meta } } = this.host;
        const response = await fetch(url + path + (meta && !init.body ? '&meta=1' : '') + (schema ? `${init.body ? '?' : '&'}schema=${schema}` : ''), { cache: 'no-store', ...init, headers }).catch(unreachable);
        if (!response.ok)
            throw revived((await later()).problem(response, await response.json().catch(() => { })));
        // A captive portal, or another server.
        if (!isOf(type, response))
            throw protocolError();
        return response;
    }
}
function unreachable() {
    throw new PocketbookError('offline', 'server is unreachable');
}
function protocolError() {
    return new PocketbookError('protocol', 'not a Pocketbook server');
}
/** A page of the group; throws if it is something else. */
function pageOf(group, page) {
    const { docs, cursor } = page;
    if (!cursor || !Array.isArray(docs) || !docs.every((doc) => doc?.version > 0 && `${doc.id}`.startsWith(group + ':')))
        throw protocolError();
    return page;
}
/** True if the response has this media type. */
function isOf(type, { headers }) {
    return headers.get('content-type')?.split(/ *;/)[0].toLowerCase() === type;
}
