// A page of many documents is taken in slices, each a task of its own; its cursor comes
// last.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assoc, atEnd, dissoc, get, setUp, until } from './harness.mjs'

const SLICE = 600
const COUNT = 1500

/** A server with many documents, all of them in one page. */
async function begin() {
	const kit = await setUp()
	kit.server.pageSize = 10_000
	for (let i = 0; i < COUNT; i++) kit.server.put(`todos:${i}`, i)
	return kit
}

/** The library has another turn when the test says so. */
function scheduler() {
	const { MessageChannel } = globalThis
	const turns = []
	globalThis.MessageChannel = class {
		port1 = { close: () => {} }
		port2 = { postMessage: () => turns.push(() => this.port1.onmessage()) }
	}
	atEnd(() => (globalThis.MessageChannel = MessageChannel))
	const asked = () => until(() => turns.length, 'a turn was asked for')
	const next = async () => {
		await asked()
		turns.shift()()
		await new Promise(setImmediate)
	}
	return { asked, next }
}

/** A storage that keeps what was written. While it is `held`, a write waits. */
function device() {
	const docs = new Map()
	const put = new Map()
	const cursors = new Map()
	const all = { docs, put, cursors, writes: [], held: false, broken: false }
	const nothing = async () => {}
	const keep = (rows) => {
		for (const row of rows.docs ?? []) docs.set(row.id, row)
		for (const row of rows.put ?? []) put.set(row.op, row)
		for (const op of [...(rows.drop ?? []), ...(rows.supersede ?? [])]) put.delete(op)
		for (const [key, cursor] of rows.cursors ?? []) cursors.set(key, cursor)
	}
	all.storage = {
		clear: nothing, close: nothing,
		async open() {
			if (all.broken) throw new Error('broken')
		},
		load: async (group) => ({ docs: [...docs.values()], put: [...put.values()], conflicts: [], cursor: cursors.get(group) }),
		cursor: async (key) => cursors.get(key),
		async write(rows) {
			all.writes.push(rows)
			await until(() => !all.held, 'the storage goes on')
			if (all.broken) throw new Error('broken')
			keep(rows)
		},
	}
	return all
}

const pulls = (server) => server.log.filter(({ url }) => url.startsWith('/sync?')).map(({ url }) => new URL(url, server.url).searchParams.get('since'))
const synced = (atom) => until(() => atom.status.state === 'synced' && !atom.status.pending, 'synced')

test('no task takes more than a slice, and the last one has the cursor', async () => {
	const { server, atom } = await begin()
	const { next } = scheduler()
	const kept = device()
	const todos = atom({ storage: kept.storage })
	const notices = []
	todos.addWatch('test', (_key, _atom, before, after, ids) => notices.push([after.size - before.size, ids.length]))
	await until(() => notices.length)
	assert.deepEqual([todos.deref().size, todos.status.lastPull], [SLICE, null])
	await next()
	assert.deepEqual([todos.deref().size, todos.status.lastPull], [2 * SLICE, null])
	await next()
	await synced(todos)
	assert.deepEqual(notices, [[600, 600], [600, 600], [300, 300]])
	await until(() => kept.docs.size === COUNT)
	const pages = kept.writes.filter(({ docs }) => docs?.length)
	assert.deepEqual(pages.map(({ docs, cursors }) => [docs.length, cursors.length]), [[600, 0], [600, 0], [300, 2]])
	assert.equal(pulls(server).filter((since) => since === '0').length, 1)
})

test('after a crash between slices the page is pulled again', async () => {
	const { server, atom } = await begin()
	const { next, asked } = scheduler()
	const kept = device()
	const first = atom({ storage: kept.storage })
	await asked()
	await first.destroy()
	await next()
	assert.deepEqual([kept.docs.size, kept.cursors.has('todos')], [SLICE, false])
	const before = pulls(server).length
	const second = atom({ storage: kept.storage })
	await second.ready
	assert.equal(second.deref().size, SLICE)
	await next()
	await next()
	await synced(second)
	assert.deepEqual([second.deref().size, pulls(server)[before]], [COUNT, '0'])
	await until(() => kept.cursors.has('todos'))
	assert.equal(kept.docs.size, COUNT)
})

test('the cursor is stored after the documents before it, and not if they are not', async () => {
	const { atom } = await begin()
	const { next } = scheduler()
	const kept = device()
	const todos = atom({ storage: kept.storage })
	await todos.ready
	kept.held = true
	await next()
	await next()
	// What waits for the storage holds up nothing else.
	await synced(todos)
	assert.equal(todos.deref().size, COUNT)
	assert.ok(kept.writes.every(({ cursors = [] }) => !cursors.some(([key]) => key === 'todos')))
	kept.broken = true
	kept.held = false
	await until(() => todos.status.state === 'storage-degraded')
	await todos.swap(assoc, 'todos:0', 'mine').local.catch(() => {})
	assert.deepEqual([kept.docs.size, kept.cursors.has('todos')], [0, false])
	kept.broken = false
	await todos.swap(assoc, 'todos:1', 'mine').local
	assert.deepEqual([kept.docs.size, kept.cursors.has('todos')], [COUNT, true])
})

test('a swap between slices stays, and is merged with what comes after it', async () => {
	const { server, atom } = await begin()
	const { next, asked } = scheduler()
	const todos = atom({ storage: device().storage, merge: (_base, mine, theirs) => `${mine}, ${theirs}` })
	await asked()
	// The first two are in the first slice, the others come later.
	todos.swap(assoc, 'todos:0', 'mine')
	todos.swap(dissoc, 'todos:1')
	todos.swap(assoc, 'todos:700', 'mine')
	todos.swap(assoc, 'todos:1400', 'mine')
	todos.swap(assoc, 'todos:new', 'mine')
	const shown = () => ['0', '1', '700', '1400', 'new'].map((id) => get(todos, `todos:${id}`))
	const mine = ['mine', undefined, 'mine', 'mine', 'mine']
	assert.deepEqual(shown(), mine)
	await next()
	assert.deepEqual([get(todos, 'todos:0'), get(todos, 'todos:1'), get(todos, 'todos:new')], ['mine', undefined, 'mine'])
	await next()
	await synced(todos)
	const merged = ['mine', undefined, 'mine, 700', 'mine, 1400', 'mine']
	assert.deepEqual(shown(), merged)
	assert.deepEqual(['0', '1', '700', '1400', 'new'].map((id) => server.value(`todos:${id}`)), merged)
	assert.deepEqual([todos.deref().size, todos.conflicts.length], [COUNT, 0])
})

test('a snapshot in slices: what is gone goes with the last one, own edits are conflicts', async () => {
	const { server, atom } = await begin()
	const kept = device()
	const first = atom({ storage: kept.storage })
	await synced(first)
	await until(() => kept.cursors.has('todos'))
	await first.destroy()
	const copy = server.snapshot()
	copy.docs.delete('todos:3')
	copy.docs.get('todos:1').value = 'restored'
	server.restore(copy)
	const { next, asked } = scheduler()
	const todos = atom({ storage: kept.storage })
	await asked()
	todos.swap(assoc, 'todos:new', 'mine')
	await next()
	assert.deepEqual([get(todos, 'todos:1'), get(todos, 'todos:3')], ['restored', 3])
	await next()
	await synced(todos)
	assert.deepEqual([get(todos, 'todos:3'), get(todos, 'todos:new'), server.value('todos:new'), todos.deref().size], [undefined, 'mine', 'mine', COUNT])
	await until(() => kept.docs.get('todos:3').value === undefined)
})
