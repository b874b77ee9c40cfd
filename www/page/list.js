// The list of todos.
import { make, the } from './dom.js';
export class TodoList {
    #lines = new Map();
    #readOnly = false;
    constructor(element, events) {
        this.element = element;
        this.events = events;
        element.addEventListener('dblclick', (event) => this.#onDoubleClick(event));
        element.addEventListener('keydown', (event) => this.#onKey(event));
    }
    /** Whether the todos can only be read. */
    set readOnly(readOnly) {
        this.#readOnly = readOnly;
        for (const line of this.#lines.values())
            line.toggle.disabled = readOnly;
    }
    get isEditing() {
        return [...this.#lines.values()].some((line) => line.edit);
    }
    /** Changes only the lines that differ. */
    render(todos) {
        const wanted = new Set(todos.map((todo) => todo.id));
        // First, so that the lines below need not be moved: that would lose the
        // focus and an edit.
        for (const id of [...this.#lines.keys()])
            if (!wanted.has(id))
                this.#drop(id);
        let place = this.element.firstElementChild;
        for (const todo of todos) {
            const line = this.#lines.get(todo.id) ?? this.#newLine(todo.id);
            this.#fill(line, todo);
            if (line.item === place)
                place = place.nextElementSibling;
            else
                this.element.insertBefore(line.item, place);
        }
    }
    #newLine(id) {
        const toggle = make('input', { className: 'toggle', type: 'checkbox', disabled: this.#readOnly });
        const label = make('label');
        const past = make('button', { className: 'past', type: 'button' });
        const destroy = make('button', { className: 'destroy', type: 'button' });
        const item = make('li', {}, make('div', { className: 'view' }, toggle, label, destroy, past));
        const line = { item, toggle, label, past, destroy };
        item.dataset.id = id;
        toggle.addEventListener('change', () => this.events.toggle(id, toggle.checked));
        past.addEventListener('click', () => this.events.versions(id, line.todo.title));
        destroy.addEventListener('click', () => this.#remove(id));
        this.#lines.set(id, line);
        return line;
    }
    #fill(line, todo) {
        const before = line.todo;
        line.todo = todo;
        if (before?.title !== todo.title) {
            line.label.textContent = todo.title;
            line.toggle.setAttribute('aria-label', todo.title);
            line.past.setAttribute('aria-label', `Versions of ${todo.title}`);
            line.destroy.setAttribute('aria-label', `Delete ${todo.title}`);
        }
        line.toggle.checked = todo.completed;
        line.item.classList.toggle('completed', todo.completed);
    }
    #drop(id) {
        this.#lines.get(id)?.item.remove();
        this.#lines.delete(id);
    }
    #lineOf(event) {
        const id = event.target.closest('li')?.dataset.id;
        const line = id === undefined ? undefined : this.#lines.get(id);
        return line && [id, line];
    }
    #onDoubleClick(event) {
        const hit = this.#lineOf(event);
        if (hit && hit[1].label.contains(event.target))
            this.#edit(...hit);
    }
    #onKey(event) {
        const hit = this.#lineOf(event);
        if (!hit || hit[1].edit || event.target !== hit[1].toggle)
            return;
        const { item, toggle } = hit[1];
        if (event.key === 'F2' || event.key === 'Enter')
            this.#edit(...hit);
        else if (event.key === 'Delete')
            this.#remove(hit[0]);
        else if (event.key === 'ArrowDown')
            focusToggle(item.nextElementSibling);
        else if (event.key === 'ArrowUp')
            focusToggle(item.previousElementSibling);
        else
            return void toggle;
        event.preventDefault();
    }
    /** Removes a todo. The focus goes to a neighbour. */
    #remove(id) {
        const item = this.#lines.get(id).item;
        const next = item.nextElementSibling ?? item.previousElementSibling;
        const had = item.contains(document.activeElement);
        this.events.remove(id);
        if (had)
            next?.isConnected ? focusToggle(next) : the('.new-todo').focus();
    }
    #edit(id, line) {
        if (line.edit || this.#readOnly)
            return;
        const edit = make('input', { className: 'edit', defaultValue: line.todo.title, autocomplete: 'off' });
        edit.setAttribute('aria-label', 'Edit todo');
        line.edit = edit;
        line.item.classList.add('editing');
        line.item.append(edit);
        edit.addEventListener('keydown', (event) => {
            if (event.isComposing)
                return;
            if (event.key === 'Enter')
                this.#finish(id, line, true);
            else if (event.key === 'Escape')
                this.#finish(id, line, false);
            else
                return;
            if (line.item.isConnected)
                line.toggle.focus();
        });
        edit.addEventListener('blur', () => this.#finish(id, line, true));
        edit.focus();
        edit.setSelectionRange(edit.value.length, edit.value.length);
    }
    #finish(id, line, save) {
        const edit = line.edit;
        if (!edit)
            return;
        line.edit = undefined;
        const title = edit.value.trim();
        line.item.classList.remove('editing');
        edit.remove();
        // An untouched text is no edit, even if the title has changed since.
        if (!save || edit.value === edit.defaultValue || title === line.todo.title)
            return;
        title ? this.events.rename(id, title) : this.events.remove(id);
    }
}
function focusToggle(item) {
    item?.querySelector('.toggle')?.focus();
}
