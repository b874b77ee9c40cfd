// What may never answer: a database, locks, a function of the app, a stream.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assoc, atEnd, get, openTab, setUp, until } from './harness.mjs'

const synced = (atom) => until(() => atom.status.state === 'synced' && !atom.status.pending, 'synced')
const HOUR = 3_600_000

/** Timers of these lengths end at once, until the returned function is called. */
function hurry(...lengths) {
	const { setTimeout } = globalThis
	globalThis.setTimeout = (job, ms, ...more) => setTimeout(job, lengths.includes(ms) ? 10 : ms, ...more)
	const end = () => (globalThis.setTimeout = setTimeout)
	atEnd(end)
	return end
}

/** Puts another value in the place of a global or of a member, until the test's end. */
function replace(object, name, value) {
	const before = object[name]
	object[name] = value
	atEnd(() => (object[name] = before))
}

const answered = (request) => new Promise((resolve, reject) => Object.assign(request, { onsuccess: () => resolve(request.result), onerror: () => reject(request.error) }))

test('a database that never opens: the status says so, nothing waits for it, and all is stored when it opens', async () => {
	const { server, atom, user } = await setUp()
	const before = atom({ interval: HOUR })
	await synced(before)
	await server.stop()
	await before.swap(assoc, 'todos:0', 'of an earlier visit').local
	await before.destroy()
	const end = hurry(5000)
	const { open } = indexedDB
	const waiting = []
	replace(indexedDB, 'open', (...args) => {
		const request = {}
		waiting.push(() => {
			const real = open.apply(indexedDB, args)
			for (const name of ['onupgradeneeded', 'onsuccess', 'onerror', 'onblocked']) real[name] = (event) => {
				request.result = real.result
				request[name]?.(event)
			}
		})
		return request
	})
	const todos = atom({ interval: HOUR })
	await todos.ready
	assert.equal(todos.status.state, 'storage-degraded')
	await assert.rejects(todos.swap(assoc, 'todos:1', 'x').local, { code: 'storage' })
	await assert.rejects(todos.swap(assoc, 'todos:2', 'y').local, { code: 'storage' })
	assert.equal(waiting.length, 1, 'it is asked once')
	indexedDB.open = open
	waiting[0]()
	await until(() => todos.status.state !== 'storage-degraded')
	await until(() => get(todos, 'todos:0') === 'of an earlier visit', 'what could not be loaded is loaded')
	assert.equal(todos.status.pending, 3)
	await todos.destroy()
	// A machine under load may need longer.
	end()
	const again = atom()
	await again.ready
	assert.deepEqual([...again.deref().keys()].sort(), ['todos:0', 'todos:1', 'todos:2'])
	assert.ok(user)
})

test('a tab of an older release blocks the database: as above', async () => {
	const { server, atom, user } = await setUp()
	await server.stop()
	const end = hurry(5000)
	const older = await answered(indexedDB.open(`pocketbook ${server.url} ${user} json`, 1))
	const todos = atom()
	await todos.ready
	assert.equal(todos.status.state, 'storage-degraded')
	await assert.rejects(todos.swap(assoc, 'todos:2', 'x').local, { code: 'storage' })
	older.close()
	await until(() => todos.status.state !== 'storage-degraded')
	await todos.swap(assoc, 'todos:3', 'y').local
	await todos.destroy()
	end()
	const again = atom()
	await again.ready
	assert.deepEqual([...again.deref().keys()].sort(), ['todos:2', 'todos:3'])
})

test('a storage of the app that never answers a write, or a read', async () => {
	for (const silent of ['load', 'cursor', 'write']) {
		const { server, atom } = await setUp()
		hurry(2000, 5000, 30_000)
		const storage = { open: async () => {}, load: async () => ({ docs: [], put: [], conflicts: [] }), cursor: async () => {}, write: async () => {}, close() {} }
		storage[silent] = () => new Promise(() => {})
		const todos = atom({ storage, interval: HOUR })
		await todos.ready
		const { local, server: sent } = todos.swap(assoc, 'todos:1', 1)
		if (silent === 'write') await assert.rejects(local, { code: 'storage' })
		await sent
		server.put('todos:2', 2)
		await until(() => get(todos, 'todos:2'), silent)
		await todos.destroy()
	}
})

for (const [name, request] of Object.entries({
	'reject': async () => {
		throw new DOMException('denied', 'SecurityError')
	},
	'throw': () => {
		throw new DOMException('denied', 'SecurityError')
	},
	'never answer': () => new Promise(() => {}),
}))
	test(`locks that ${name}: each tab syncs for itself`, async () => {
		const { server, tab } = await setUp()
		replace(navigator.locks, 'request', request)
		const one = await tab()
		const two = await tab()
		await one.sync()
		await two.sync()
		await synced(one)
		await two.swap(assoc, 'todos:1', 1).server
		await until(() => get(one, 'todos:1'))
		server.put('todos:2', 2)
		await until(() => get(one, 'todos:2') && get(two, 'todos:2'))
	})

test('channels, storage and its promises that are denied: it syncs from memory', async () => {
	const { server, atom } = await setUp()
	const deny = () => {
		throw new DOMException('denied', 'SecurityError')
	}
	replace(globalThis, 'BroadcastChannel', function () {
		deny()
	})
	replace(navigator.storage, 'persist', deny)
	replace(navigator.storage, 'persisted', deny)
	replace(navigator.locks, 'request', deny)
	replace(indexedDB, 'open', deny)
	const { SyncedAtom } = await openTab()
	const todos = atom({}, SyncedAtom)
	await todos.swap(assoc, 'todos:1', 1).server
	assert.deepEqual([server.value('todos:1'), todos.status.state, todos.status.persisted], [1, 'storage-degraded', null])
})

for (const call of [1, 2, 3])
	test(`a token function that hangs at call ${call} is asked again`, async () => {
		const { server, atom } = await setUp()
		hurry(30_000)
		let calls = 0
		const todos = atom({ interval: 1000, token: () => (++calls === call ? new Promise(() => {}) : undefined) })
		await todos.swap(assoc, 'todos:1', 1).server
		server.put('todos:2', 2)
		await until(() => get(todos, 'todos:2'))
		await until(() => calls > call)
		await synced(todos)
	})

test('a token function that never answers is a failure that shows', async () => {
	const { atom } = await setUp()
	hurry(30_000)
	const todos = atom({ interval: HOUR, token: () => new Promise(() => {}) })
	await assert.rejects(todos.sync(), { code: 'offline', message: /token is late/ })
	assert.equal(todos.status.state, 'offline')
})

for (const [name, bytes] of [['no byte', ''], ['nothing but comments', ':\n\n']])
	test(`a stream of which ${name} arrives: it polls at the interval`, async () => {
		const { server, atom } = await setUp()
		server.fault = async (_request, path) => {
			if (path === '/events') return bytes ? { open: bytes } : new Promise(() => {})
		}
		const todos = atom({ interval: 50 })
		await synced(todos)
		for (const id of ['todos:1', 'todos:2']) {
			server.put(id, 1)
			await until(() => get(todos, id))
		}
		assert.equal(server.log.filter(({ url }) => url.startsWith('/events')).length, 1, 'the stream may still begin')
	})
