// Joining by a link (`#join=…`): asks for a name, and enters its user.
import { invitationOf, join, newKey } from '../client/invitation.js';
import { say, the } from './dom.js';
const KEY = 'pocketbook.join';
/** Why a link does not work, for people. */
const REASONS = {
    'invite-unknown': 'It is not complete, or it was withdrawn.',
    'invite-ended': 'Its time is over.',
    'invite-used': 'It was used as often as it may be.',
    'not-found': 'This server needs no tokens: just write.',
    'too-many-attempts': 'Too many links that do not work were tried from this network. Try again in a minute.',
    offline: 'The server cannot be reached. Try again when there is a network.',
};
export class Joining {
    #form = the('.join');
    #name = the('#member');
    #why = the('.why', this.#form);
    #submit = the('[type=submit]', this.#form);
    #server = new URL('.', location.href).href;
    /** `enter`: the user has joined. `shown`: the form has appeared or gone. */
    constructor(enter, shown) {
        this.enter = enter;
        this.shown = shown;
        this.#form.addEventListener('submit', (event) => {
            event.preventDefault();
            void this.#join(this.#name.value);
        });
        this.#form.addEventListener('reset', () => this.#end());
        // A link that is opened in this tab.
        window.addEventListener('hashchange', () => this.#begin());
        this.#begin();
    }
    get isOpen() {
        return !this.#form.hidden;
    }
    /** One for another device needs no name: it is used at once. */
    #begin() {
        if (!invitationOf())
            return;
        this.#ask('Joining', 'One moment…', false);
        void this.#join();
    }
    #ask(title, why, wantsName) {
        say(the('h2', this.#form), title);
        say(this.#why, why);
        the('.whose', this.#form).hidden = the('.hint', this.#form).hidden = this.#submit.hidden = !wantsName;
        the('[type=reset]', this.#form).hidden = title === 'Joining';
        this.#form.hidden = false;
        this.shown();
    }
    async #join(name) {
        const invite = invitationOf();
        this.#submit.disabled = true;
        try {
            const joined = await join(invite, name, { url: this.#server, key: keyOf(invite) });
            this.#end();
            this.enter(joined);
        }
        catch (error) {
            this.#onError(error);
        }
        this.#submit.disabled = false;
    }
    #onError({ code = '', message }) {
        const asks = code === 'user-needed' || code === 'user-taken' || code === 'bad-request' || (code === 'offline' && this.#name.value);
        if (!asks)
            return this.#ask('This link does not work', REASONS[code] ?? message, false);
        this.#ask('You are invited', code === 'user-taken' ? 'This name is taken. Choose another one.' : code === 'user-needed' ? 'Choose the name that the others will know you by.' : REASONS[code] ?? message, true);
        this.#name.focus();
    }
    /** The invitation leaves the address, so that it is in no bookmark. */
    #end() {
        try {
            localStorage.removeItem(KEY);
        }
        catch {
            // There is none then.
        }
        this.#form.hidden = true;
        history.replaceState(null, '', `${location.pathname}${location.search}#/`);
        this.shown();
    }
}
/**
 * The key of the join, kept until it has ended: if the page is closed before the answer
 * has come, the next try gets the same token.
 */
function keyOf(invite) {
    const id = invite.slice(0, 20);
    try {
        const kept = JSON.parse(localStorage.getItem(KEY) ?? '{}');
        if (kept.id === id)
            return kept.key;
        const key = newKey();
        localStorage.setItem(KEY, JSON.stringify({ id, key }));
        return key;
    }
    catch {
        return newKey();
    }
}
