import { say, the } from './dom.js';
/** The state in words for the user. */
export function describe({ state, online, pending }, rejected = 0) {
    const unsent = pending === 1 ? '1 unsent change' : `${pending} unsent changes`;
    const saved = rejected ? `Online, ${rejected === 1 ? '1 change' : `${rejected} changes`} rejected` : 'Online, everything saved';
    switch (state) {
        case 'synced': return saved;
        case 'pending':
        case 'syncing': return !online ? 'Connecting' : pending ? `Online, ${unsent}` : saved;
        case 'offline': return pending ? `Offline, ${unsent}` : 'Offline';
        case 'upgrade-required': return `This page is too old: reload it${pending ? `, ${unsent}` : ''}`;
        case 'unauthorized': return pending ? `Not signed in, ${unsent}` : 'Not signed in';
        case 'storage-degraded': return `${online ? 'Online' : 'Offline'}, nothing is stored on this device${pending ? `, ${unsent}` : ''}`;
    }
}
/** A page that is not in sync now was so `last`. */
export function ago(then, online, now = Date.now()) {
    if (then === null)
        return '';
    const synced = online ? 'synced' : 'last synced';
    const seconds = Math.max(0, Math.round((now - then) / 1000));
    if (seconds < 60)
        return online ? 'synced just now' : 'last synced less than a minute ago';
    if (seconds < 3600)
        return `${synced} ${Math.floor(seconds / 60)} min ago`;
    const when = new Date(then);
    const sameDay = when.toDateString() === new Date(now).toDateString();
    return `${synced} ` + when.toLocaleString([], sameDay ? { timeStyle: 'short' } : { dateStyle: 'medium', timeStyle: 'short' });
}
/** The status line. It updates the time of the last sync by itself. */
export class StatusLine {
    #line = the('.status');
    #state = the('.state', this.#line);
    #when = the('.when', this.#line);
    #problem = the('.problem');
    #status;
    constructor() {
        setInterval(() => this.#showTime(), 20_000);
    }
    /** `rejected`: number of changes that the server has rejected. */
    show(status, rejected) {
        this.#status = status;
        // A push looks like the state before it: the line should not flicker
        // with each keystroke.
        this.#line.dataset.state = status.state === 'syncing' ? (status.online ? 'synced' : 'connecting') : status.state;
        this.#line.dataset.pending = String(status.pending);
        this.#line.dataset.busy = String(status.state === 'syncing' || status.state === 'pending');
        say(this.#state, describe(status, rejected));
        this.#showTime();
        const problem = status.lastError && status.lastError.code !== 'unauthorized' && !status.online ? status.lastError.message : '';
        say(this.#problem, status.state === 'storage-degraded' ? (status.lastError?.message ?? '') : problem);
        this.#problem.hidden = !this.#problem.textContent;
    }
    #showTime() {
        if (!this.#status)
            return;
        const { lastPull, lastPush } = this.#status;
        const last = Math.max(lastPull ?? 0, lastPush ?? 0) || null;
        say(this.#when, ago(last, this.#status.online));
        if (last)
            this.#when.setAttribute('title', new Date(last).toLocaleString());
    }
}
