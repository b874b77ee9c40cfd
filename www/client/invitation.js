// Invitations: becoming a member by a link, and a link for another device of the user.
// It knows no atom, so that a page can join before it makes one. See join.ts.
import { PocketbookError } from './types.js';
/** Milliseconds before each try but the first. */
const WAITS = [500, 1000, 2000, 4000];
const TIMEOUT = 15_000;
/** The invitation in a link (`…#join=pbi_…`), or null. */
export function invitationOf(link = location.href) {
    return /[#&]join=(pbi_[\w-]+)/.exec(link)?.[1] ?? null;
}
/** 32 random bytes in base64url. */
export function newKey() {
    const bytes = crypto.getRandomValues(new Uint8Array(32));
    return btoa(String.fromCharCode(...bytes)).replace(/\+/g, '-').replace(/\//g, '_').replace(/=/g, '');
}
/**
 * Makes a token by an invitation or a link with one. An invitation for another device
 * needs no `user`; another one without it is refused with `user-needed`. Tries again if
 * the server cannot be reached, or is busy.
 */
export async function join(invite, user, { url, key = newKey(), signal } = {}) {
    const body = JSON.stringify({ invite: invitationOf(invite) ?? invite, key, ...(user != null && { user: user.trim().normalize('NFC') }) });
    for (const wait of [...WAITS, -1])
        try {
            return await post(url, 'join', { body, headers: { 'Content-Type': 'application/json' }, signal });
        }
        catch (error) {
            // 429: it says when, which may be long.
            if (wait < 0 || !(error instanceof PocketbookError) || (error.status && error.status < 500))
                throw error;
            await sleep(wait, signal);
        }
    throw new Error('not reached');
}
/**
 * A link for another device of the token's user. `page`: the address that it opens, by
 * default the page's own.
 */
export async function inviteDevice({ url, token, page, signal }) {
    const { invite, user, expires } = await post(url, 'invite', { headers: { Authorization: 'Bearer ' + token }, signal });
    const base = page ?? globalThis.location?.href;
    return { link: `${base ? new URL(base).href.replace(/#.*/s, '') : ''}#join=${invite}`, user, expires };
}
async function sleep(ms, signal) {
    await new Promise((done) => setTimeout(done, ms));
    signal?.throwIfAborted();
}
async function post(url, path, { signal, ...init }) {
    const base = new URL(url || '/', globalThis.location?.href).href.replace(/\/*$/, '/');
    const late = AbortSignal.timeout(TIMEOUT);
    let response, answer;
    try {
        response = await fetch(base + path, { method: 'POST', cache: 'no-store', redirect: 'manual', signal: signal ? either(signal, late) : late, ...init });
        answer = await response.json().catch(() => null);
    }
    catch {
        signal?.throwIfAborted();
        throw new PocketbookError('offline', 'server is unreachable');
    }
    if (response.ok && answer && (answer.token || answer.invite))
        return answer;
    const { code, detail } = answer?.status === response.status ? answer : { code: response.status < 500 ? 'protocol' : 'unavailable', detail: 'not a Pocketbook server' };
    throw new PocketbookError(code, detail, response.status, +(response.headers.get('retry-after') ?? 0) * 1000);
}
/** AbortSignal.any, which older browsers do not have. */
function either(one, other) {
    const controller = new AbortController();
    for (const signal of [one, other])
        signal.aborted ? controller.abort() : signal.addEventListener('abort', () => controller.abort());
    return controller.signal;
}
