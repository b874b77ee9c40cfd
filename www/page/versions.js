import { make, onEscape, say, the } from './dom.js';
import { described } from './notes.js';
import { currentUser } from './users.js';
/** Milliseconds for the server's answer. */
const TIMEOUT = 30_000;
/** Newest first. The page's own request: it does not load `pocketbook/history`. */
async function versionsOf(id) {
    const token = currentUser()?.token;
    const response = await fetch(new URL(`history?${new URLSearchParams({ id })}`, location.href), {
        cache: 'no-store', headers: token ? { Authorization: `Bearer ${token}` } : {}, signal: AbortSignal.timeout(TIMEOUT),
    }).catch(() => {
        throw new Error('the server is unreachable');
    });
    const answer = await response.json().catch(() => ({}));
    if (!response.ok || !Array.isArray(answer.versions))
        throw new Error(answer.detail ?? 'the server does not answer');
    return answer.versions;
}
export class Versions {
    #panel = the('.versions');
    #title = the('h3', this.#panel);
    #why = the('.why', this.#panel);
    #list = the('dl', this.#panel);
    #done = the('.done', this.#panel);
    #id = '';
    constructor(atom) {
        this.atom = atom;
        this.#done.addEventListener('click', () => this.#close());
        onEscape(this.#panel, () => this.#close());
    }
    async open(id, title) {
        this.#id = id;
        this.#list.replaceChildren();
        say(this.#title, `Versions of “${title}”`);
        say(this.#why, 'Asking the server…');
        this.#panel.hidden = false;
        this.#done.focus();
        const [why, versions] = await versionsOf(id).then((found) => [found.length > 1 ? '' : 'The server has no earlier version.', found], (error) => [`There are no versions: ${error.message}.`, []]);
        // Another todo's may have been asked for since.
        if (this.#id !== id)
            return;
        say(this.#why, why);
        this.#list.replaceChildren(...versions.flatMap((version, i) => this.#row(version, i > 0)));
        this.#panel.scrollIntoView({ block: 'nearest' });
    }
    #row({ by, at, value, damaged }, isFormer) {
        const when = at ? new Date(at).toLocaleString([], { dateStyle: 'medium', timeStyle: 'short' }) : 'some time ago';
        const text = make('dd', {}, damaged ? make('em', {}, 'damaged') : described(value));
        if (isFormer && value !== undefined && !damaged)
            text.append(make('button', { type: 'button', className: 'revert', onclick: () => this.#revert(value) }, 'Revert'));
        return [make('dt', {}, by ? `${by}, ${when}` : when), text];
    }
    #revert(value) {
        this.atom.change([[this.#id, value]]);
        this.#close();
    }
    #close() {
        const line = document.querySelector(`[data-id="${CSS.escape(this.#id)}"] .toggle`);
        this.#id = '';
        this.#panel.hidden = true;
        (line ?? the('.new-todo')).focus();
    }
}
