import { make, onEscape, say, the } from './dom.js';
import { todoOf } from './todos.js';
export function described(value) {
    if (value === undefined)
        return make('em', {}, 'deleted');
    const { title, completed } = todoOf('', value);
    return make(completed ? 's' : 'span', {}, title);
}
function note(title, rows, buttons) {
    const list = make('dl');
    for (const [name, value] of rows)
        list.append(make('dt', {}, name), make('dd', {}, value));
    const actions = buttons.map(([text, onclick]) => make('button', { type: 'button', onclick }, text));
    return make('article', {}, make('h3', {}, title), list, make('div', { className: 'entry' }, ...actions));
}
export class Notes {
    #button = the('.show-notes');
    #panel = the('.notes');
    #shown = '';
    constructor(atom) {
        this.atom = atom;
        this.#button.addEventListener('click', () => this.#open(this.#panel.hidden));
        onEscape(this.#panel, () => {
            this.#open(false);
            this.#button.focus();
        });
    }
    show() {
        const { conflicts, rejected } = this.atom;
        const count = conflicts.length + rejected.length;
        const what = [counted(conflicts.length, 'conflict'), counted(rejected.length, 'rejected change')].filter(Boolean).join(', ');
        this.#button.hidden = !count;
        say(this.#button, what);
        const hadFocus = this.#panel.contains(document.activeElement);
        if (!count)
            this.#open(false);
        const key = JSON.stringify([conflicts.map(({ key }) => key), rejected.map(({ id, at }) => [id, at])]);
        if (key === this.#shown)
            return;
        this.#shown = key;
        this.#panel.replaceChildren(...conflicts.map((one) => this.#conflict(one)), ...rejected.map((one) => this.#rejected(one)));
        if (hadFocus)
            the(count ? '.notes button' : '.new-todo').focus();
    }
    #open(open) {
        this.#panel.hidden = !open;
        this.#button.setAttribute('aria-expanded', String(open));
        if (open)
            this.#panel.scrollIntoView({ block: 'nearest' });
    }
    #conflict({ key, mine, theirs, at }) {
        const when = new Date(at).toLocaleTimeString([], { timeStyle: 'short' });
        return note(`Changed here and elsewhere, ${when}`, [['Yours', described(mine)], ['Taken instead', described(theirs)]], [
            ['Restore mine', () => void this.atom.restore(key)],
            ['Keep theirs', () => this.atom.dismiss(key)],
        ]);
    }
    #rejected({ id, value, reason }) {
        return note('The server rejected this change', [['Yours', described(value)], ['Reason', make('span', {}, reason)]], [
            ['Try again', () => this.atom.retry(id)],
            ['Discard', () => this.atom.discard(id)],
        ]);
    }
}
function counted(count, noun) {
    return count ? `${count} ${noun}${count > 1 ? 's' : ''}` : '';
}
