// A list of todos in Preact, with signals of one atom.
import '@preact/signals'
import { h, render } from 'preact'
import { useEffect, useMemo, useState } from 'preact/hooks'
import { memo } from 'preact/compat'
import { SyncedAtom } from 'pocketbook'
import { conflicts, doc, docs, rejected, status } from 'pocketbook/preact'

globalThis.renders = {}
const count = (name) => (renders[name] = (renders[name] ?? 0) + 1)

const Item = memo(function Item({ atom, id }) {
	const value = useMemo(() => doc(atom, id), [atom, id])
	count(id)
	return h('li', { id }, value.value?.title)
})

const State = memo(function State({ atom }) {
	const state = useMemo(() => status(atom, ({ state }) => state), [atom])
	count('state')
	return h('p', { id: 'state' }, state.value)
})

const Problems = memo(function Problems({ atom }) {
	const [lost, refused] = useMemo(() => [conflicts(atom), rejected(atom)], [atom])
	count('problems')
	return h('p', { id: 'problems' }, `${lost.value.length} ${refused.value.length}`)
})

function List() {
	const atom = useMemo(() => new SyncedAtom({ group: 'todos', user: 'ann', token: 'pbk_wrong' }), [])
	globalThis.atom = atom
	globalThis.setToken = (token) => atom.setToken(token)
	useEffect(() => () => void atom.destroy(), [])
	count('list')
	return h('div', null, h(State, { atom }), h(Problems, { atom }), h('ul', null, [...docs(atom).value.keys()].sort().map((id) => h(Item, { key: id, atom, id }))))
}

function App() {
	const [open, setOpen] = useState(true)
	globalThis.setOpen = setOpen
	return open && h(List)
}

render(h(App), document.querySelector('#app'))
