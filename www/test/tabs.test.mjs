// Several tabs of one browser: one loop, one stream, the same todos everywhere, whoever
// leads and whoever goes.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assoc, atEnd, dissoc, get, setUp, until } from './harness.mjs'

const synced = (...atoms) => until(() => atoms.every((atom) => atom.status.state === 'synced' && !atom.status.pending), 'synced')

test('two tabs have one stream, and a swap in either shows in both and on the server', async () => {
	const { server, tab } = await setUp()
	const one = await tab()
	const two = await tab()
	await synced(one, two)
	assert.equal(server.streams, 1)
	await one.swap(assoc, 'todos:1', 'from one').server
	await until(() => get(two, 'todos:1') === 'from one')
	await two.swap(assoc, 'todos:2', 'from two').server
	await until(() => get(one, 'todos:2') === 'from two')
	assert.deepEqual([server.value('todos:1'), server.value('todos:2')], ['from one', 'from two'])
	server.put('todos:3', 'from afar')
	await until(() => get(one, 'todos:3') && get(two, 'todos:3'))
	assert.equal(server.streams, 1)
	const pushes = server.log.filter(({ method }) => method === 'POST').length
	assert.equal(pushes, 2, 'each went once')
})

test('offline too: a swap in one tab shows in the others, and goes once when the server is back', async () => {
	const { server, tab } = await setUp()
	const one = await tab()
	const two = await tab()
	await synced(one, two)
	await server.stop()
	await until(() => one.status.state === 'offline' && two.status.state === 'offline')
	two.swap(assoc, 'todos:1', 'offline')
	await until(() => get(one, 'todos:1') === 'offline')
	assert.equal(one.status.pending, 1)
	one.swap(assoc, 'todos:1', 'edited in the other')
	await until(() => get(two, 'todos:1') === 'edited in the other')
	two.swap(assoc, 'todos:2', 'b')
	two.swap(dissoc, 'todos:2')
	await server.start()
	await synced(one, two)
	assert.equal(server.docs.get('todos:1').version, 1)
	assert.equal(server.value('todos:1'), 'edited in the other')
	assert.deepEqual(one.conflicts, [])
})

test('the same document edited in both at once: both end with the same, on the server too', async () => {
	const { server, tab } = await setUp()
	const one = await tab()
	const two = await tab()
	await synced(one, two)
	for (let i = 0; i < 25; i++) {
		one.swap(assoc, 'todos:1', `one ${i}`)
		two.swap(assoc, 'todos:1', `two ${i}`)
		if (i % 5 === 0) await new Promise((done) => setTimeout(done, 3))
	}
	await synced(one, two)
	await until(() => get(one, 'todos:1') === get(two, 'todos:1') && get(one, 'todos:1') === server.value('todos:1'))
	assert.deepEqual([one.conflicts, two.conflicts], [[], []])
})

test('typing in a tab that does not lead is never its own conflict', async () => {
	const { server, tab } = await setUp()
	const leader = await tab()
	await synced(leader)
	const other = await tab()
	await synced(other)
	const all = []
	for (let i = 0; i < 60; i++) {
		all.push(other.swap(assoc, 'todos:1', `text ${i}`).server)
		if (i % 3 === 0) await new Promise((done) => setTimeout(done, 2))
	}
	await Promise.all(all)
	assert.equal(server.value('todos:1'), 'text 59')
	assert.deepEqual(leader.conflicts, [])
	await until(() => get(leader, 'todos:1') === 'text 59')
})

test('when the leader closes, another tab leads at once and pushes what waits', async () => {
	const { server, tab } = await setUp()
	const one = await tab()
	const two = await tab()
	await synced(one, two)
	await server.stop()
	await until(() => two.status.state === 'offline')
	await one.swap(assoc, 'todos:1', 'left behind').local
	await until(() => get(two, 'todos:1'))
	await one.destroy()
	await server.start()
	await until(() => server.value('todos:1') === 'left behind')
	await synced(two)
	assert.equal(server.streams, 1)
})

test('a leader that is frozen is replaced', async () => {
	const { server, tab } = await setUp()
	const one = await tab()
	const two = await tab()
	await synced(one, two)
	// Frozen: it holds its lock, but runs no more. Its channel is what shows that.
	const channels = globalThis.BroadcastChannel
	const post = channels.prototype.postMessage
	let silent = false
	channels.prototype.postMessage = function (message) {
		if (!(silent && message.here)) post.call(this, message)
	}
	atEnd(() => (channels.prototype.postMessage = post))
	const lost = new Promise((resolve) => {
		const { request } = navigator.locks
		navigator.locks.request = function (name, options, job) {
			if (options.steal) resolve()
			return request.call(this, name, options, job)
		}
		atEnd(() => (navigator.locks.request = request))
	})
	silent = true
	await lost
	silent = false
	await two.swap(assoc, 'todos:1', 'by the new leader').server
	assert.equal(server.value('todos:1'), 'by the new leader')
	await until(() => server.streams === 1)
	await until(() => get(one, 'todos:1'))
})

test('conflicts, refusals and the status are the same in all tabs', async () => {
	const { server, tab } = await setUp()
	server.put('todos:1', 'base')
	const one = await tab()
	const two = await tab()
	await synced(one, two)
	await assert.rejects(two.swap(assoc, 'todos:bad', { poison: true }).server, { code: 'rejected' })
	await until(() => one.rejected.length === 1 && two.rejected.length === 1)
	one.discard('todos:bad')
	await until(() => !two.rejected.length && !two.deref().has('todos:bad'))
	await server.stop()
	await until(() => two.status.state === 'offline')
	const written = two.swap(assoc, 'todos:1', 'mine')
	server.put('todos:1', 'theirs')
	await server.start()
	await assert.rejects(written.server, { code: 'conflict' })
	await until(() => one.conflicts.length === 1 && two.conflicts.length === 1)
	await two.restore(two.conflicts[0].key).server
	await until(() => !one.conflicts.length && get(one, 'todos:1') === 'mine')
	await two.sync()
	assert.ok(two.status.lastPull && two.status.lastPush)
})

test('sync() from a tab that does not lead says how it went', async () => {
	const { server, tab } = await setUp()
	const one = await tab()
	const two = await tab()
	await synced(one, two)
	server.fault = (_request, path) => (path === '/events' ? undefined : 'drop')
	await assert.rejects(two.sync(), { code: 'offline' })
	server.fault = () => undefined
	await two.sync()
})

test('a tab that opens later starts with what waits', async () => {
	const { server, tab } = await setUp()
	const one = await tab()
	await synced(one)
	await server.stop()
	await until(() => one.status.state === 'offline')
	await one.swap(assoc, 'todos:1', 'waits').local
	const two = await tab()
	await two.ready
	assert.equal(get(two, 'todos:1'), 'waits')
	await until(() => two.status.state === 'offline' && two.status.pending === 1)
	await server.start()
	await synced(one, two)
})

test('without the Web Locks API each tab syncs for itself, and nothing is written twice', async () => {
	const { locks } = navigator
	navigator.locks = undefined
	atEnd(() => (navigator.locks = locks))
	const { server, tab } = await setUp()
	const one = await tab()
	const two = await tab()
	await synced(one, two)
	for (let i = 0; i < 10; i++) await (i % 2 ? one : two).swap(assoc, 'todos:1', i).server
	await until(() => get(one, 'todos:1') === 9 && get(two, 'todos:1') === 9)
	assert.equal(server.docs.get('todos:1').version, 10)
	assert.deepEqual(one.conflicts, [])
})
