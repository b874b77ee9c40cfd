// The todo page: connects the atom with the parts of the page.
import { SyncedAtom } from '../client/index.js';
import { Account } from './account.js';
import { make, the } from './dom.js';
import { TodoList } from './list.js';
import { Notes } from './notes.js';
import { StatusLine } from './status.js';
import { addTodo, changeTodos, isShown, listOf, newId, removeTodos, restoreTodos, titleOf } from './todos.js';
import { Undo } from './undo.js';
import { currentUser, setReadOnly } from './users.js';
import { Versions } from './versions.js';
const group = new URLSearchParams(location.search).get('group') || 'todos';
const user = currentUser();
// The server may be below a path of the origin, like the page.
const atom = new SyncedAtom({ url: new URL('.', location.href).href, group, token: user?.token, user: user?.space });
const input = the('.new-todo');
const main = the('.main');
const footer = the('.footer');
const blank = the('.blank');
const toggleAll = the('.toggle-all');
const clearCompleted = the('.clear-completed');
const count = the('.todo-count');
const filters = [...document.querySelectorAll('.filters a')];
const list = new TodoList(the('.todo-list'), {
    toggle: (id, completed) => void atom.swap(changeTodos, [id], { completed }),
    rename: (id, title) => void atom.swap(changeTodos, [id], { title }),
    remove: (id) => remove([id]),
    versions: (id, title) => void versions.open(id, title),
});
const undo = new Undo();
const statusLine = new StatusLine();
const notes = new Notes(atom);
const account = new Account(atom);
const versions = new Versions(atom);
let todos = [];
function remove(ids) {
    const docs = atom.deref();
    const removed = new Map(ids.filter((id) => docs.has(id)).map((id) => [id, docs.get(id)]));
    atom.swap(removeTodos, ids);
    const [first] = removed.values();
    undo.offer(removed.size === 1 ? `Deleted “${titleOf(first)}”` : `Deleted ${removed.size} todos`, () => void atom.swap(restoreTodos, removed));
}
function filter() {
    const name = location.hash.replace(/^#!?\/?/, '');
    return name === 'active' || name === 'completed' ? name : 'all';
}
function render() {
    const now = filter();
    const active = todos.filter((todo) => !todo.completed).length;
    list.render(todos.filter((todo) => isShown(todo, now)));
    main.hidden = footer.hidden = !todos.length;
    toggleAll.checked = todos.length > 0 && active === 0;
    clearCompleted.hidden = active === todos.length;
    count.replaceChildren(make('strong', {}, String(active)), ` ${active === 1 ? 'item' : 'items'} left`);
    for (const link of filters) {
        const selected = link.getAttribute('href') === (now === 'all' ? '#/' : `#/${now}`);
        link.classList.toggle('selected', selected);
        selected ? link.setAttribute('aria-current', 'page') : link.removeAttribute('aria-current');
    }
}
function onInput(event) {
    if (event.key !== 'Enter' || event.isComposing)
        return;
    const title = input.value.trim();
    if (!title)
        return;
    atom.swap(addTodo, newId(group), title);
    input.value = '';
}
// ---- Wiring ----
input.addEventListener('keydown', onInput);
toggleAll.addEventListener('change', () => {
    const { checked } = toggleAll;
    atom.swap(changeTodos, todos.filter((todo) => todo.completed !== checked).map((todo) => todo.id), { completed: checked });
});
clearCompleted.addEventListener('click', () => {
    remove(todos.filter((todo) => todo.completed).map((todo) => todo.id));
    input.focus();
});
window.addEventListener('hashchange', render);
// Many documents may arrive at once, page by page: render once in a frame. A hidden
// page has no frames.
let due = false;
atom.subscribe((docs) => {
    const update = () => {
        due = false;
        todos = listOf(atom.deref());
        render();
    };
    if (due)
        return;
    if (document.hidden || docs.size < 200)
        return update();
    due = true;
    requestAnimationFrame(update);
});
function showRights() {
    const readOnly = currentUser()?.readOnly === true;
    document.body.classList.toggle('read-only', readOnly);
    list.readOnly = readOnly;
    the('.read-only-note').hidden = !readOnly;
}
/** Of a token that the server has named: the atom knows what it may do. */
function checkRights() {
    if (!currentUser() || atom.user === null || currentUser().readOnly === !atom.writable)
        return;
    setReadOnly(!atom.writable);
    showRights();
}
function showStatus() {
    const { status } = atom;
    checkRights();
    statusLine.show(status, atom.rejected.length);
    notes.show();
    account.show(status);
}
atom.onStatus(showStatus);
showStatus();
showRights();
void atom.ready.then(() => {
    const showBlank = () => (blank.hidden = todos.length > 0);
    atom.subscribe(showBlank);
    showBlank();
});
the('.dateline').textContent = new Date().toLocaleDateString([], { weekday: 'long', day: 'numeric', month: 'long' });
document.title = group === 'todos' ? document.title : `${group} · Pocketbook`;
// Makes the page open without a server.
navigator.serviceWorker?.register('sw.js').catch((error) => console.warn('pocketbook: this page will not open offline:', error));
// For the browser console.
Object.assign(globalThis, { todos: atom });
