// A custom cache holds the state: a signal, and a plain object.
import { effect, signal } from '@preact/signals-core'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assoc, dissoc, get, setUp, until } from './harness.mjs'

/** @preact/signals-core in the shape of a cache. */
function signalCache() {
	const docs = signal(new Map())
	const ends = new Map()
	return {
		docs,
		deref: () => docs.peek(),
		reset: (value) => (docs.value = value),
		addWatch(key, watch) {
			let before = docs.peek()
			ends.set(key, effect(() => {
				const [was, now] = [before, docs.value]
				before = now
				if (was !== now) watch(key, docs, was, now)
			}))
		},
		removeWatch(key) {
			ends.get(key)?.()
		},
	}
}

function plainCache() {
	const watches = new Map()
	let docs = new Map()
	return {
		watches,
		deref: () => docs,
		reset(value) {
			const before = docs
			docs = value
			for (const [key, watch] of watches) watch(key, this, before, docs)
		},
		addWatch: (key, watch) => watches.set(key, watch),
		removeWatch: (key) => watches.delete(key),
	}
}

for (const [name, make] of [['a signal', signalCache], ['a plain cache', plainCache]]) {
	test(`${name} holds the state: swaps, the server and its own resets all meet in it`, async () => {
		const { server, atom } = await setUp()
		const cache = make()
		const todos = atom({ cache })
		await todos.swap(assoc, 'todos:1', 'by swap').server
		assert.equal(cache.deref(), todos.deref())
		assert.equal(cache.deref().get('todos:1'), 'by swap')
		server.put('todos:2', 'from afar')
		await until(() => cache.deref().get('todos:2'))
		cache.reset(assoc(cache.deref(), 'todos:3', 'by the cache'))
		assert.equal(get(todos, 'todos:3'), 'by the cache')
		await until(() => server.value('todos:3') === 'by the cache')
		cache.reset(dissoc(cache.deref(), 'todos:1'))
		await until(() => server.docs.get('todos:1').deleted)
		assert.deepEqual([...cache.deref().keys()].sort(), ['todos:2', 'todos:3'])
	})
}

test('an effect on the signal runs once for each change', async () => {
	const { atom } = await setUp()
	const cache = signalCache()
	const todos = atom({ cache })
	const sizes = []
	const end = effect(() => sizes.push(cache.docs.value.size))
	todos.swap(assoc, 'todos:1', 1)
	todos.swap(assoc, 'todos:2', 1)
	end()
	assert.deepEqual(sizes, [0, 1, 2])
})

test('destroy takes its watch from the cache', async () => {
	const { atom } = await setUp()
	const cache = plainCache()
	const todos = atom({ cache })
	assert.equal(cache.watches.size, 1)
	await todos.destroy()
	assert.equal(cache.watches.size, 0)
})
