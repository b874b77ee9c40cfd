// The slip that offers to take a deletion back.
import { say, the } from './dom.js';
/** How long it is shown. It stays while the pointer or the focus is on it. */
const SHOWN_MS = 10_000;
export class Undo {
    #slip = the('.undo');
    #what = the('.what', this.#slip);
    #button = the('button', this.#slip);
    #undo;
    #timer;
    constructor() {
        this.#button.addEventListener('click', () => this.#take());
        for (const event of ['pointerenter', 'focusin'])
            this.#slip.addEventListener(event, () => clearTimeout(this.#timer));
        for (const event of ['pointerleave', 'focusout'])
            this.#slip.addEventListener(event, () => this.#wait());
        document.addEventListener('keydown', (event) => {
            const isUndo = event.key.toLowerCase() === 'z' && (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey;
            // In a text, Ctrl+Z takes back what was typed.
            const typing = event.target instanceof HTMLInputElement && event.target.type !== 'checkbox' && event.target.value !== '';
            if (!isUndo || typing || !this.#undo)
                return;
            event.preventDefault();
            this.#take();
        });
    }
    /** Offers to take back what was done last; an earlier offer ends. */
    offer(what, undo) {
        this.#undo = undo;
        say(this.#what, what);
        this.#slip.hidden = false;
        this.#wait();
    }
    #wait() {
        clearTimeout(this.#timer);
        this.#timer = setTimeout(() => this.#hide(), SHOWN_MS);
    }
    #take() {
        const undo = this.#undo;
        const had = this.#slip.contains(document.activeElement);
        this.#hide();
        undo?.();
        if (had)
            the('.new-todo').focus();
    }
    #hide() {
        clearTimeout(this.#timer);
        this.#undo = undefined;
        this.#slip.hidden = true;
    }
}
