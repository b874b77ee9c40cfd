// A list of todos in React, in StrictMode; rendered by a server before.
import { StrictMode, createElement as h, memo, useEffect, useState } from 'react'
import { PocketbookProvider, useConflicts, useDoc, useDocs, useRejected, useStatus, useSyncedAtom } from 'pocketbook/react'

/** Renderings that reached the page: in StrictMode a component is called twice for
 * each. */
function useCount(name) {
	useEffect(() => void (renders[name] = (renders[name] ?? 0) + 1))
}

const Item = memo(function Item({ atom, id }) {
	useCount(id)
	return h('li', { id }, useDoc(atom, id)?.title)
})

function State({ atom }) {
	useCount('state')
	return h('p', { id: 'state' }, useStatus(atom, ({ state }) => state))
}

function Problems({ atom }) {
	useCount('problems')
	return h('p', { id: 'problems' }, `${useConflicts(atom).length} ${useRejected(atom).length}`)
}

const MemoState = memo(State), MemoProblems = memo(Problems)

function List() {
	const atom = useSyncedAtom('todos')
	const docs = useDocs(atom)
	useCount('list')
	useEffect(() => void (globalThis.atom = atom))
	return h('div', null, h(MemoState, { atom }), h(MemoProblems, { atom }), h('ul', null, [...docs.keys()].sort().map((id) => h(Item, { key: id, atom, id }))))
}

export function App() {
	const [open, setOpen] = useState(true)
	const [token, setToken] = useState('pbk_wrong')
	useEffect(() => void Object.assign(globalThis, { setOpen, setToken }), [])
	return h(StrictMode, null, h(PocketbookProvider, { user: 'ann', token }, open && h(List)))
}
