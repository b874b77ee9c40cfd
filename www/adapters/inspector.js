import { sheet } from './inspector-style.js';
/** Documents that are listed at most: of more, the search finds the others. */
const MOST = 200;
/** Milliseconds between looks at what announces no changes. */
const EVERY = 1000;
/** The element with these properties, listeners and attributes. */
function el(name, how = {}, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(how))
        typeof value === 'function' ? made.addEventListener(key, value) : key in made && key !== 'role' ? (made[key] = value) : made.setAttribute(key, value);
    made.append(...children.filter((child) => child || child === ''));
    return made;
}
const text = (value) => {
    if (value === undefined)
        return 'no document';
    try {
        // Of a Transit value, its own text.
        return value && typeof value === 'object' && !Array.isArray(value) && value.toString !== Object.prototype.toString ? String(value) : (JSON.stringify(value, null, 2) ?? String(value));
    }
    catch {
        return String(value);
    }
};
const count = (n) => n.toLocaleString('en');
const time = (at) => (at ? new Date(at).toLocaleTimeString() : 'never');
/** What the atom keeps to itself. */
const sessionOf = (atom) => atom.session;
const groupOf = (atom) => atom.binding.group;
const button = (label, does, about = '') => el('button', { type: 'button', click: does, 'aria-label': about ? `${label} ${about}` : label }, label);
/** Brings the children of a list to these lines; those that stay keep the focus. */
function fill(list, lines, empty) {
    const old = new Map([...list.children].map((child) => [child.key, child]));
    const hadFocus = list.contains(list.getRootNode().activeElement);
    const made = lines.map(({ key, of, make }) => {
        const there = old.get(key);
        if (there && there.of === of)
            return there;
        const line = Object.assign(make(), { key, of });
        if (there?.querySelector('details')?.open)
            line.querySelector('details').open = true;
        return line;
    });
    if (!made.length)
        made.push(Object.assign(old.get('') ?? el('li', { className: 'empty' }, empty), { key: '', of: undefined }));
    if (made.length !== list.children.length || made.some((child, i) => child !== list.children[i]))
        list.replaceChildren(...made);
    // The line that had it may be gone.
    const root = list.getRootNode();
    if (hadFocus && !root.activeElement)
        list.focus();
}
const PANELS = ['Documents', 'Outbox', 'Conflicts', 'Rejected', 'Connection'];
/** Where there is no page, the module can be imported all the same. */
const Base = (globalThis.HTMLElement ?? class {
});
/** The drawer. Its `atoms` are those that it shows; `open` opens it. */
export class PocketbookInspector extends Base {
    static { this.observedAttributes = ['open']; }
    #root = this.attachShadow({ mode: 'open' });
    #atoms = [];
    #ends = [];
    #atom;
    #panel = 'Documents';
    #find = '';
    #handle = el('button', { type: 'button', className: 'handle', click: () => this.toggleAttribute('open'), 'aria-controls': 'drawer' });
    #choice = el('select', { 'aria-label': 'Atom', change: () => this.#choose(this.#atoms[this.#choice.selectedIndex]) });
    #state = el('p', { className: 'state', role: 'status' });
    #notice = el('div', { className: 'notice', hidden: true });
    #tabs = new Map();
    #body = el('div', { className: 'body', role: 'tabpanel', id: 'panel', tabIndex: 0 });
    #search = el('input', { type: 'search', placeholder: 'Find by id or content', 'aria-label': 'Find documents', input: () => ((this.#find = this.#search.value.toLowerCase()), this.#show()) });
    #more = el('p', { className: 'more', role: 'status' });
    #list = el('ul', { tabIndex: -1 });
    #facts = el('dl');
    #drawer;
    #locks = {};
    #queued = false;
    constructor() {
        super();
        const tabs = el('div', { role: 'tablist', 'aria-label': 'What to show', keydown: (event) => this.#onKey(event) });
        for (const name of PANELS) {
            const tab = el('button', { type: 'button', role: 'tab', id: `tab-${name}`, 'aria-controls': 'panel', click: () => this.#select(name) });
            this.#tabs.set(name, tab);
            tabs.append(tab);
        }
        const close = el('button', { type: 'button', className: 'close', 'aria-label': 'Close the inspector', click: () => this.removeAttribute('open') }, '×');
        const head = el('header', {}, el('h2', {}, 'Pocketbook'), this.#choice, this.#state, button('Sync now', () => void this.#atom?.sync().catch(() => { })), close);
        const closeByKey = (event) => event.key === 'Escape' && this.removeAttribute('open');
        this.#drawer = el('section', { id: 'drawer', 'aria-label': 'Pocketbook inspector', keydown: closeByKey }, head, this.#notice, tabs, this.#body);
        this.#root.adoptedStyleSheets = [sheet()];
        this.#root.append(this.#handle, this.#drawer);
    }
    /** The atoms that are shown, the first one at first. */
    get atoms() {
        return this.#atoms;
    }
    set atoms(atoms) {
        this.#atoms = [...atoms];
        this.#choice.replaceChildren(...this.#atoms.map((atom) => el('option', {}, groupOf(atom))));
        this.#choice.hidden = this.#atoms.length < 2;
        this.#choose(this.#atoms.includes(this.#atom) ? this.#atom : this.#atoms[0]);
    }
    get open() {
        return this.hasAttribute('open');
    }
    set open(open) {
        this.toggleAttribute('open', open);
    }
    connectedCallback() {
        this.#choose(this.#atom);
        this.attributeChangedCallback();
    }
    disconnectedCallback() {
        for (const end of this.#ends.splice(0))
            end();
    }
    attributeChangedCallback() {
        const { open } = this;
        const hadFocus = !!this.#root.activeElement;
        this.#drawer.hidden = !open;
        this.#handle.hidden = open;
        this.#handle.setAttribute('aria-expanded', `${open}`);
        if (open) {
            this.#draw();
            if (hadFocus)
                this.#tabs.get(this.#panel).focus();
        }
        else if (hadFocus)
            this.#handle.focus();
    }
    #choose(atom) {
        for (const end of this.#ends.splice(0))
            end();
        this.#atom = atom;
        if (!atom || !this.isConnected)
            return;
        this.#choice.selectedIndex = this.#atoms.indexOf(atom);
        const key = {};
        atom.addWatch(key, () => this.#show());
        const timer = setInterval(() => this.#look(), EVERY);
        this.#ends = [() => atom.removeWatch(key), atom.onStatus(() => this.#show()), () => clearInterval(timer)];
        this.#look();
        this.#draw();
    }
    #select(panel) {
        this.#panel = panel;
        this.#tabs.get(panel).focus();
        this.#draw();
    }
    #onKey({ key }) {
        const at = PANELS.indexOf(this.#panel);
        const to = { ArrowRight: at + 1, ArrowLeft: at - 1 + PANELS.length, Home: 0, End: PANELS.length - 1 }[key];
        if (to !== undefined)
            this.#select(PANELS[to % PANELS.length]);
    }
    /** Looks at the stream and the locks, which announce no changes. */
    #look() {
        if (!this.open)
            return;
        const asked = globalThis.navigator?.locks?.query() ?? Promise.resolve({});
        void asked.then((locks) => (this.#locks = locks), () => { }).then(() => this.#show());
    }
    /** Many changes in a frame are shown once. */
    #show() {
        if (this.#queued)
            return;
        this.#queued = true;
        requestAnimationFrame(() => {
            this.#queued = false;
            this.#draw();
        });
    }
    #draw() {
        const atom = this.#atom;
        if (!atom)
            return;
        const { status, conflicts, rejected } = atom;
        const outbox = this.#outbox(atom);
        const label = `Pocketbook: ${status.state}` + (status.pending ? `, ${status.pending} pending` : '');
        this.#handle.dataset.state = this.#state.dataset.state = status.state;
        if (this.#handle.textContent !== label)
            this.#handle.textContent = label;
        if (!this.open)
            return;
        const told = `${status.state}${status.lastError ? `: ${status.lastError.message}` : ''}`;
        if (this.#state.textContent !== told)
            this.#state.textContent = told;
        this.#draw426(status);
        const counts = { Documents: atom.deref().size, Outbox: outbox.length, Conflicts: conflicts.length, Rejected: rejected.length, Connection: undefined };
        for (const [name, tab] of this.#tabs) {
            const n = counts[name];
            const words = n === undefined ? name : `${name} ${count(n)}`;
            if (tab.textContent !== words)
                tab.textContent = words;
            tab.setAttribute('aria-selected', `${name === this.#panel}`);
            tab.tabIndex = name === this.#panel ? 0 : -1;
        }
        this.#body.setAttribute('aria-labelledby', `tab-${this.#panel}`);
        this.#lay();
        if (this.#panel === 'Documents')
            this.#documents(atom);
        if (this.#panel === 'Outbox')
            this.#drawOutbox(outbox);
        if (this.#panel === 'Conflicts')
            this.#conflicts(atom);
        if (this.#panel === 'Rejected')
            this.#rejected(atom);
        if (this.#panel === 'Connection')
            this.#connection(atom, status);
    }
    /** The parts that the panel has. */
    #lay() {
        const parts = { Documents: [this.#search, this.#more, this.#list], Connection: [this.#facts] }[this.#panel] ?? [this.#list];
        if (parts.some((part, i) => this.#body.children[i] !== part) || this.#body.children.length !== parts.length)
            this.#body.replaceChildren(...parts);
    }
    #draw426({ state, lastError, pending }) {
        const is = state === 'upgrade-required';
        if (this.#notice.hidden === !is)
            return;
        this.#notice.hidden = !is;
        const words = `The server requires a newer version of this app (426): ${lastError?.message ?? ''}. ${count(pending)} unsent changes stay on this device.`;
        this.#notice.replaceChildren(...(is ? [el('p', { role: 'alert' }, words), button('Reload the page', () => location.reload())] : []));
    }
    #outbox(atom) {
        const { replica } = sessionOf(atom);
        return replica.waiting().filter(({ id, refused }) => !refused && id.startsWith(`${groupOf(atom)}:`));
    }
    #documents(atom) {
        const docs = atom.deref();
        const { replica } = sessionOf(atom);
        const found = [];
        let hidden = 0;
        for (const [id, value] of docs) {
            if (found.length >= MOST && !this.#find)
                break;
            if (this.#find && !`${id} ${text(value)}`.toLowerCase().includes(this.#find))
                continue;
            if (found.length >= MOST)
                hidden++;
            else
                found.push({ key: id, of: value, make: () => this.#document(id, value) });
        }
        const rest = this.#find ? hidden : docs.size - found.length;
        const words = rest ? `The first ${count(found.length)} of ${count(found.length + rest)}${this.#find ? ' that were found' : ''}` : '';
        if (this.#more.textContent !== words)
            this.#more.textContent = words;
        fill(this.#list, found, this.#find ? 'Nothing was found.' : 'There are no documents.');
        for (const line of this.#list.children) {
            const doc = replica.docs.get(line.key);
            const about = line.querySelector('.about');
            const is = `${replica.of(line.key).length ? 'unsent, ' : ''}version ${doc?.version || '–'}${doc?.damaged ? ', damaged on the server' : ''}`;
            if (about && about.textContent !== is)
                about.textContent = is;
        }
    }
    #document(id, value) {
        return el('li', {}, el('details', {}, el('summary', {}, el('code', {}, id), ' ', el('span', { className: 'about' })), el('pre', {}, text(value))));
    }
    #drawOutbox(outbox) {
        const lines = outbox.map((write) => {
            const { id, op, value, at, sent, base, tx, steps } = write;
            const how = steps ? `update ${steps.map(([name]) => name).join(', ')}` : value === undefined ? 'removes the document' : base ? `based on version ${base}` : 'a new document';
            const make = () => el('li', {}, el('details', {}, el('summary', {}, el('code', {}, id), ` ${how}, ${sent ? 'being sent' : 'waits'} since ${time(at)}${tx ? ', in a transaction' : ''}`), el('pre', {}, text(value))));
            return { key: op, of: write, make };
        });
        fill(this.#list, lines, 'Everything is on the server.');
    }
    #conflicts(atom) {
        const lines = atom.conflicts.map((conflict) => {
            const { key, id, base, mine, theirs, at } = conflict;
            const side = (name, value) => el('div', {}, el('h3', {}, name), el('pre', {}, text(value)));
            const buttons = el('p', {}, button('Restore mine', () => void atom.restore(key), id), button('Dismiss', () => atom.dismiss(key), id));
            return { key, of: conflict, make: () => el('li', {}, el('p', {}, el('code', {}, id), ` at ${time(at)}`), el('div', { className: 'sides' }, side('Before', base), side('Mine', mine), side('Theirs', theirs)), buttons) };
        });
        fill(this.#list, lines, 'There are no conflicts.');
    }
    #rejected(atom) {
        const lines = atom.rejected.map((write) => {
            const { id, value, status, code, reason, at, tx } = write;
            const buttons = el('p', {}, button('Retry', () => atom.retry(id), id), button('Discard', () => atom.discard(id), id));
            const why = ` ${status || ''} ${code}: ${reason}, at ${time(at)}${tx ? ', in a transaction' : ''}`;
            return { key: id, of: write, make: () => el('li', {}, el('p', {}, el('code', {}, id), why), el('pre', {}, text(value)), buttons) };
        });
        fill(this.#list, lines, 'The server has rejected nothing.');
    }
    #connection(atom, status) {
        const session = sessionOf(atom);
        const { leader, network, name, url, persistence } = session;
        const group = groupOf(atom);
        const leads = leader.leading.has(group);
        const stream = leads ? network.loop?.stream : undefined;
        const heard = stream?.heard.length ? Math.max(...stream.heard) : 0;
        const lock = `${name}:${group}`;
        const tabs = [this.#locks.held, this.#locks.pending].map((all) => all?.filter((one) => one.name === lock).length ?? 0);
        const facts = {
            Server: url,
            User: `${atom.user ?? 'not known'}${atom.writable ? '' : ', who may only read'}`,
            Stream: !leads ? 'of the tab that leads' : stream?.live.has(group) ? `open, last heard ${time(heard)}` : stream?.confirmed.has(group) ? 'open, catching up' : 'not open',
            Tabs: globalThis.navigator?.locks ? `${Math.max(1, tabs[0] + tabs[1])}, ${leads ? 'this one leads' : 'another one leads'}` : 'each syncs for itself, as there are no locks',
            'Last pull': time(status.lastPull),
            'Last push': time(status.lastPush),
            'Oldest unsent change': status.oldestPending ? time(status.oldestPending) : 'none',
            Cursor: session.replica.cursors.get(group) ?? 'none',
            Storage: persistence.error?.message ?? (status.persisted ? 'kept until it is deleted' : 'works; the browser may remove it'),
            'Schema of the app': `${session.options.schema ?? 'none'}`,
            'Last error': status.lastError ? `${status.lastError.code}: ${status.lastError.message}` : 'none',
            'Damaged on the server': status.damaged.join(', ') || 'none',
        };
        const words = Object.entries(facts);
        if (this.#facts.children.length !== words.length * 2)
            this.#facts.replaceChildren(...words.flatMap(([key]) => [el('dt', {}, key), el('dd')]));
        words.forEach(([, value], i) => {
            const place = this.#facts.children[2 * i + 1];
            if (place.textContent !== value)
                place.textContent = value;
        });
    }
}
if (globalThis.customElements && !customElements.get('pocketbook-inspector'))
    customElements.define('pocketbook-inspector', PocketbookInspector);
/** Adds the drawer for these atoms to the page. Returns the element. */
export function inspect(...atoms) {
    const inspector = document.createElement('pocketbook-inspector');
    inspector.atoms = atoms;
    document.body.append(inspector);
    return inspector;
}
