// A link and a picture by which another device of the user joins.
import { inviteDevice } from '../client/invitation.js';
import { onEscape, say, the } from './dom.js';
export class Device {
    #form = the('.device');
    #link = the('#link');
    #picture = the('.picture', this.#form);
    #copy = the('.copy', this.#form);
    constructor() {
        this.#form.addEventListener('submit', (event) => event.preventDefault());
        this.#form.addEventListener('reset', () => this.#close());
        onEscape(this.#form, () => this.#form.reset());
        this.#copy.addEventListener('click', () => void this.#onCopy());
        this.#link.addEventListener('focus', () => this.#link.select());
    }
    async open(token) {
        this.#show('Asking the server for a link…');
        try {
            const { link, expires } = await inviteDevice({ url: new URL('.', location.href).href, token });
            const until = new Date(expires).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
            this.#link.value = link;
            say(this.#copy, 'Copy');
            this.#show(`Open this link on the other device, or scan it there. It works once, until ${until}, and its holder is signed in as you.`, true);
            const { picture } = await import('./qr.js');
            this.#picture.replaceChildren(picture(link));
        }
        catch (error) {
            this.#show(`There is no link: ${error.message}.`);
        }
        this.#form.scrollIntoView({ block: 'nearest' });
    }
    #show(why, hasLink = false) {
        say(the('.why', this.#form), why);
        the('.linked', this.#form).hidden = !hasLink;
        if (!hasLink)
            this.#picture.replaceChildren();
        this.#form.hidden = false;
        if (hasLink)
            this.#link.focus();
    }
    async #onCopy() {
        this.#link.select();
        try {
            await navigator.clipboard.writeText(this.#link.value);
            say(this.#copy, 'Copied');
        }
        catch {
            // Selected, it can be copied by hand.
        }
    }
    #close() {
        this.#form.hidden = true;
        this.#link.value = '';
        this.#picture.replaceChildren();
        the('.user').focus();
    }
}
