// An atom is taken as it is by React's useSyncExternalStore and as a Svelte store;
// tried with the real ones.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createElement, useSyncExternalStore } from 'react'
import { act, create } from 'react-test-renderer'
import { derived, get as current } from 'svelte/store'
import { assoc, atEnd, get, setUp, until } from './harness.mjs'

globalThis.IS_REACT_ACT_ENVIRONMENT = true
const { error } = console
// All that it would say is that it is deprecated: nothing else renders without a
// browser.
console.error = (text, ...more) => /react-test-renderer is deprecated/.test(text) || error(text, ...more)

test('React renders an atom anew with each change, whoever made it, and leaves it at the end', async () => {
	const { server, atom } = await setUp()
	const todos = atom()
	let renderings = 0
	function List() {
		renderings++
		const docs = useSyncExternalStore(todos.subscribe, todos.deref)
		return createElement('ul', null, [...docs].map(([id, title]) => createElement('li', { key: id }, title)))
	}
	let tree
	const shown = () => (tree.toJSON().children ?? []).map((item) => item.children[0])
	await act(() => (tree = create(createElement(List))))
	assert.deepEqual(shown(), [])
	await act(() => void todos.swap(assoc, 'todos:1', 'by swap'))
	assert.deepEqual(shown(), ['by swap'])
	server.put('todos:2', 'from afar')
	await act(() => until(() => get(todos, 'todos:2')))
	assert.deepEqual(shown(), ['by swap', 'from afar'])
	const before = renderings
	await act(() => todos.sync())
	assert.equal(renderings, before, 'what changes nothing renders nothing')
	await act(() => tree.unmount())
	await act(() => void todos.swap(assoc, 'todos:3', 'unseen'))
	assert.equal(renderings, before)
})

test('React takes the status as it is, and renders for its changes only', async () => {
	const { server, atom } = await setUp()
	const todos = atom()
	await todos.sync()
	await until(() => todos.status.state === 'synced')
	let renderings = 0
	function State() {
		renderings++
		return useSyncExternalStore(todos.onStatus, () => todos.status).pending
	}
	let conflictRenderings = 0
	function Conflicts() {
		conflictRenderings++
		return useSyncExternalStore(todos.onStatus, () => todos.conflicts).length
	}
	let tree
	await act(() => (tree = create([createElement(State, { key: 1 }), createElement(Conflicts, { key: 2 })])))
	assert.deepEqual(tree.toJSON(), ['0', '0'])
	server.fault = () => new Promise(() => {})
	const before = renderings
	await act(() => void todos.swap(assoc, 'todos:1', 'unsent'))
	assert.deepEqual(tree.toJSON(), ['1', '0'])
	assert.ok(renderings > before)
	assert.equal(conflictRenderings, 1)
	await act(() => tree.unmount())
})

test('Svelte takes an atom for a store', async () => {
	const { server, atom } = await setUp()
	const todos = atom()
	todos.swap(assoc, 'todos:1', 'by swap')
	assert.equal(current(todos), todos.deref())
	const sizes = []
	const end = derived(todos, (docs) => docs.size).subscribe((size) => sizes.push(size))
	atEnd(end)
	assert.deepEqual(sizes, [1])
	server.put('todos:2', 'from afar')
	await until(() => sizes.at(-1) === 2)
	end()
	todos.swap(assoc, 'todos:3', 'unseen')
	assert.deepEqual(sizes, [1, 2])
})

test('a subscriber ends with the newest documents, also where one before it swaps', async () => {
	const { atom } = await setUp()
	const todos = atom()
	todos.addWatch('sum', (_key, _atom, _before, docs) => docs.has('todos:sum') || todos.swap(assoc, 'todos:sum', docs.size))
	let last
	todos.subscribe((docs) => (last = docs))
	todos.swap(assoc, 'todos:1', 'x')
	assert.equal(last, todos.deref())
	assert.deepEqual([...last.keys()], ['todos:1', 'todos:sum'])
})
