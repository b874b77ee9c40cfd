// A list of todos in Solid, without JSX: a component runs once, and what is counted are
// the runs of the effects that write to the page.
import { For, Show, createComponent, createEffect, createSignal } from 'solid-js'
import { render } from 'solid-js/web'
import { PocketbookProvider, useConflicts, useDoc, useDocs, useRejected, useStatus, useSyncedAtom } from 'pocketbook/solid'

globalThis.renders = {}

function element(tag, id, text, ...children) {
	const made = Object.assign(document.createElement(tag), { id })
	made.append(...children)
	if (text)
		createEffect(() => {
			made.textContent = text()
			renders[id] = (renders[id] ?? 0) + 1
		})
	return made
}

function Item({ atom, id }) {
	const value = useDoc(atom, () => id)
	return element('li', id, () => value()?.title)
}

function List() {
	const atom = useSyncedAtom('todos')
	const docs = useDocs(atom)
	globalThis.atom = atom
	globalThis.setToken = (token) => atom.setToken(token)
	const state = useStatus(atom, ({ state }) => state)
	const lost = useConflicts(atom), refused = useRejected(atom)
	const list = document.createElement('ul')
	const items = For({
		get each() {
			return [...docs().keys()].sort()
		},
		children: (id) => Item({ atom, id }),
	})
	createEffect(() => {
		list.replaceChildren(...items())
		renders.list = (renders.list ?? 0) + 1
	})
	createEffect(() => docs())
	return element('div', 'all', undefined, element('p', 'state', state), element('p', 'problems', () => `${lost().length} ${refused().length}`), list)
}

const [open, setOpen] = createSignal(true)
globalThis.setOpen = setOpen
render(() => createComponent(PocketbookProvider, {
	user: 'ann',
	token: 'pbk_wrong',
	get children() {
		return createComponent(Show, {
			get when() {
				return open()
			},
			get children() {
				return createComponent(List, {})
			},
		})
	},
}), document.querySelector('#app'))
