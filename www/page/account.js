import { Device } from './device.js';
import { make, onEscape, say, the } from './dom.js';
import { Joining } from './join.js';
import { currentUser, enterUser, forgetUser, onOtherTab, otherUsers } from './users.js';
/**
 * Asks for a token if the server requires one, and switches between users of the
 * device.
 */
export class Account {
    #form = the('.account');
    #name = the('#user');
    #token = the('#token');
    #button = the('.user');
    #users = the('.users');
    #leave = the('.leave');
    #asked = false;
    /** The space (the `user` of the atom) of the todos that the page shows. */
    #space = currentUser()?.space;
    /** The form is for another user than the present one. */
    #another = false;
    #device = new Device();
    #joining;
    /** The server does not say whose the token is, so the form asks for a name. */
    #nameless = false;
    constructor(atom) {
        this.atom = atom;
        this.#joining = new Joining(({ user, token }) => this.#enterAs(user, token), () => this.#showForm());
        the('.add-device').addEventListener('click', () => {
            this.#open(false);
            void this.#device.open(currentUser().token);
        });
        this.#form.addEventListener('submit', (event) => {
            event.preventDefault();
            void this.#enter();
        });
        this.#form.addEventListener('reset', () => {
            this.#ask(false);
            this.#button.focus();
        });
        onEscape(this.#form, () => this.#another && this.#form.reset());
        onEscape(this.#leave, () => this.#leave.reset());
        onEscape(this.#users, () => {
            this.#open(false);
            this.#button.focus();
        });
        this.#button.addEventListener('click', () => this.#open(this.#users.hidden));
        for (const button of document.querySelectorAll('.another'))
            button.addEventListener('click', () => this.#ask(true));
        the('.forget').addEventListener('click', () => this.#askToLeave());
        this.#leave.addEventListener('reset', () => {
            this.#leave.hidden = true;
            this.#button.focus();
        });
        this.#leave.addEventListener('submit', (event) => {
            event.preventDefault();
            void this.#forget();
        });
        const others = otherUsers().map(({ name }) => make('li', {}, make('button', { type: 'button', onclick: () => this.#switch(name) }, `Switch to ${name}`)));
        the('ul', this.#users).prepend(...others);
        onOtherTab(() => this.#reload());
    }
    show({ state, lastError }) {
        const user = currentUser();
        const asked = state === 'unauthorized';
        this.#button.hidden = !user;
        say(this.#button, user?.name ?? '');
        say(the('.forget'), user ? `Forget ${user.name}…` : '');
        the('.add-device').hidden = !user?.token || asked;
        if (asked && !this.#asked && user?.token)
            say(the('.why', this.#form), `The server rejected the token of ${user.name}: ${lastError?.message ?? 'it may have expired'}.`);
        if (!this.#leave.hidden)
            this.#warn();
        this.#asked = asked;
        this.#showForm();
        this.#shape();
    }
    #showForm() {
        this.#form.hidden = (!this.#asked && !this.#another) || this.#joining?.isOpen;
    }
    /** Shows the fields of the form that apply. */
    #shape() {
        const user = this.#another ? undefined : currentUser();
        say(the('h2', this.#form), this.#another ? 'Another user' : user ? `A new token for ${user.name}` : 'This server requires a token');
        the('.why', this.#form).hidden = this.#another;
        the('.waiting', this.#form).hidden = this.#another;
        the('.whose', this.#form).hidden = !this.#nameless;
        this.#name.required = this.#nameless;
        the('[type=reset]', this.#form).hidden = !this.#another;
        the('.another', this.#form).hidden = this.#another || !user;
    }
    #ask(another) {
        this.#another = another;
        this.#nameless = false;
        this.#showForm();
        this.#token.value = this.#name.value = '';
        this.#shape();
        this.#open(false);
        if (!another)
            return;
        this.#form.scrollIntoView({ block: 'nearest' });
        this.#token.focus();
    }
    async #enter() {
        const token = this.#token.value.trim();
        const before = currentUser();
        const name = before && !this.#another ? before.name : this.#name.value.trim() || (await this.#nameOf(token));
        if (token && name)
            this.#enterAs(name, token);
    }
    #enterAs(name, token) {
        if (enterUser(name, token).space !== this.#space)
            return this.#reload();
        this.#ask(false);
        this.#asked = false;
        this.atom.setToken(token);
    }
    /** The user of a token; the form shows why there is none. */
    async #nameOf(token) {
        // A header can have no other characters.
        const headers = { Authorization: `Bearer ${token.replace(/[^\x21-\x7e]/g, '?')}` };
        const response = await fetch(new URL('whoami', location.href), { headers, cache: 'no-store' }).catch(() => undefined);
        const { user, detail } = (await response?.json().catch(() => undefined)) ?? {};
        if (response?.ok && user)
            return user;
        // An older server has no such path.
        this.#nameless = !!response && [200, 404].includes(response.status);
        this.#shape();
        const why = the('.why', this.#form);
        say(why, !response ? 'The server cannot be reached.' : this.#nameless ? 'The server does not say whose the token is.' : `The server rejected the token: ${detail ?? 'try again later'}.`);
        why.hidden = false;
        (this.#nameless ? this.#name : this.#token).focus();
        return undefined;
    }
    #switch(name) {
        enterUser(name);
        this.#reload();
    }
    /** Reloads when all writes are stored on the device. */
    #reload() {
        void this.atom.destroy().finally(() => location.reload());
    }
    #open(open) {
        this.#users.hidden = !open;
        this.#button.setAttribute('aria-expanded', String(open));
        if (open)
            this.#users.scrollIntoView({ block: 'nearest' });
    }
    #askToLeave() {
        this.#open(false);
        this.#warn();
        this.#leave.hidden = false;
        this.#leave.scrollIntoView({ block: 'nearest' });
        the('[type=reset]', this.#leave).focus();
    }
    /**
     * Names what would be lost: pending and rejected writes, and the local side of
     * conflicts.
     */
    #warn() {
        const { status, rejected, conflicts } = this.atom;
        const lost = status.pending + rejected.length + conflicts.length;
        const changes = lost === 1 ? '1 change has' : `${lost} changes have`;
        const { name } = currentUser();
        say(the('h2', this.#leave), `Forget ${name}?`);
        say(the('.why', this.#leave), `The token and all todos of ${name} will be removed from this device. The server keeps its copy. ${lost ? `${changes} not reached the server and will be lost.` : 'Everything has reached the server.'}`);
        say(the('[type=submit]', this.#leave), lost ? `Lose them and forget ${name}` : `Forget ${name}`);
    }
    async #forget() {
        const { name } = currentUser();
        await this.atom.logout({ force: true });
        forgetUser(name);
        location.reload();
    }
}
