// What goes wrong on the device: a database that is lost, full, slow or absent; a clock
// that is off.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assoc, atEnd, get, setUp, shiftClock, until } from './harness.mjs'

const synced = (atom) => until(() => atom.status.state === 'synced' && !atom.status.pending, 'synced')

const DAY = 86_400_000

/** A storage in memory that outlives atoms and whose writes can be made to fail. */
function testStorage() {
	const kept = { docs: new Map(), writes: new Map(), cursors: new Map() }
	return {
		kept,
		fail: undefined,
		opened: undefined,
		async open() {
			await this.opened
			if (this.failOpen) throw this.failOpen
		},
		async load(group) {
			return { docs: [...kept.docs.values()], put: [...kept.writes.values()], conflicts: [], cursor: kept.cursors.get(group) }
		},
		async cursor(group) {
			return kept.cursors.get(group)
		},
		async write({ docs = [], put = [], drop = [], supersede = [], cursors = [] }) {
			if (this.fail) throw this.fail
			for (const doc of docs) doc.value === undefined ? kept.docs.delete(doc.id) : kept.docs.set(doc.id, doc)
			for (const op of supersede) if (!kept.writes.get(op)?.sent) kept.writes.delete(op)
			for (const op of drop) kept.writes.delete(op)
			for (const write of put) kept.writes.set(write.op, write)
			for (const [group, cursor] of cursors) kept.cursors.set(group, cursor)
		},
		async clear() {
			for (const map of Object.values(kept)) map.clear()
		},
		close() {},
	}
}

test('a full disk is one typed error; nothing is dropped, and it recovers', async () => {
	const { server, atom } = await setUp()
	const storage = testStorage()
	const todos = atom({ storage })
	await synced(todos)
	await server.stop()
	await until(() => todos.status.state === 'offline')
	storage.fail = new DOMException('full', 'QuotaExceededError')
	await assert.rejects(todos.swap(assoc, 'todos:1', 'kept in memory').local, { code: 'quota', name: 'PocketbookError' })
	assert.equal(todos.status.state, 'storage-degraded')
	assert.equal(todos.status.lastError.code, 'quota')
	assert.equal(todos.status.pending, 1)
	assert.equal(get(todos, 'todos:1'), 'kept in memory')
	storage.fail = undefined
	await todos.swap(assoc, 'todos:2', 'there is room again').local
	assert.equal(storage.kept.writes.size, 2, 'the first one too')
	assert.equal(todos.status.state, 'offline')
	await server.start()
	await until(() => server.value('todos:1') && server.value('todos:2'))
	await synced(todos)
	assert.equal(storage.kept.writes.size, 0)
})

test('a full disk does not keep writes from the server', async () => {
	const { server, atom } = await setUp()
	const storage = testStorage()
	const todos = atom({ storage })
	await synced(todos)
	storage.fail = new DOMException('full', 'QuotaExceededError')
	await todos.swap(assoc, 'todos:1', 'sent from memory').server
	assert.equal(server.value('todos:1'), 'sent from memory')
	assert.equal(todos.status.pending, 0)
	assert.equal(todos.status.online, true)
})

test('without IndexedDB it works in memory, and says so', async () => {
	const { server, atom } = await setUp()
	const storage = testStorage()
	storage.failOpen = new DOMException('denied', 'SecurityError')
	const todos = atom({ storage })
	await todos.ready
	await todos.swap(assoc, 'todos:1', 'x').server
	assert.equal(server.value('todos:1'), 'x')
	assert.equal(todos.status.state, 'storage-degraded')
	assert.match(todos.status.lastError.message, /denied/)
	server.put('todos:2', 'y')
	await until(() => get(todos, 'todos:2'))
})

test("storage 'memory' keeps nothing, and that is no fault", async () => {
	const { server, atom } = await setUp()
	const todos = atom({ storage: 'memory' })
	await todos.swap(assoc, 'todos:1', 'x').local
	await synced(todos)
	await todos.destroy()
	const again = atom({ storage: 'memory' })
	await again.ready
	await synced(again)
	assert.equal(get(again, 'todos:1'), 'x')
	assert.equal(server.docs.size, 1)
})

test('a database that is deleted under it is made anew from memory', async () => {
	const { server, atom } = await setUp()
	const todos = atom()
	await todos.swap(assoc, 'todos:1', 'sent').server
	await synced(todos)
	await server.stop()
	await until(() => todos.status.state === 'offline')
	await todos.swap(assoc, 'todos:2', 'unsent').local
	const [{ name }] = (await indexedDB.databases()).filter((db) => db.name.includes(server.url))
	await new Promise((resolve, reject) => Object.assign(indexedDB.deleteDatabase(name), { onsuccess: resolve, onerror: reject }))
	await todos.swap(assoc, 'todos:3', 'after').local
	await todos.destroy()
	const again = atom()
	await again.ready
	assert.deepEqual([...again.deref()].sort(), [['todos:1', 'sent'], ['todos:2', 'unsent'], ['todos:3', 'after']])
	await server.start()
	await synced(again)
	assert.equal(server.docs.size, 3)
})

test('a swap made before the local data is loaded is never overwritten by it', async () => {
	const { server, atom } = await setUp()
	server.put('todos:1', 'stored')
	const first = atom()
	await synced(first)
	await first.destroy()
	const todos = atom()
	todos.swap(assoc, 'todos:1', 'newer')
	const seen = []
	todos.subscribe((docs) => seen.push(docs.get('todos:1')))
	await todos.ready
	await synced(todos)
	assert.deepEqual(new Set(seen), new Set(['newer']))
	assert.equal(server.value('todos:1'), 'newer')
	assert.deepEqual(todos.conflicts, [], 'it was made on the same device, later')
})

test('also where the clock was set back since, and an older unsent write is stored', async () => {
	const { server, atom } = await setUp()
	await server.stop()
	const first = atom()
	await first.swap(assoc, 'todos:1', 'older').local
	await first.destroy()
	shiftClock(-DAY)
	const todos = atom()
	todos.swap(assoc, 'todos:1', 'newer')
	await todos.ready
	assert.equal(get(todos, 'todos:1'), 'newer')
	await server.start()
	await synced(todos)
	assert.equal(server.value('todos:1'), 'newer')
	await todos.destroy()
	const again = atom()
	await again.ready
	assert.equal(get(again, 'todos:1'), 'newer')
	assert.equal(again.status.pending, 0)
})

test('a clock that is a day off, or jumps, changes nothing', async () => {
	const { server, atom } = await setUp()
	shiftClock(DAY)
	const todos = atom()
	await todos.swap(assoc, 'todos:1', 1).server
	shiftClock(-2 * DAY)
	await todos.swap(assoc, 'todos:1', 2).server
	server.put('todos:2', 'x')
	await until(() => get(todos, 'todos:2'))
	assert.equal(server.value('todos:1'), 2)
})

test('a database that takes its time holds up neither page nor server', async () => {
	const { server, atom } = await setUp()
	server.put('todos:1', 'from the server')
	const storage = testStorage()
	let open
	storage.opened = new Promise((resolve) => (open = resolve))
	const todos = atom({ storage })
	const { server: sent } = todos.swap(assoc, 'todos:2', 'written at once')
	await sent
	await until(() => get(todos, 'todos:1'))
	open()
	await todos.ready
	await until(() => storage.kept.docs.size === 2)
})

test('rows: one for each document, one for each pending write, no blob', async () => {
	const { server, atom } = await setUp()
	const storage = testStorage()
	const todos = atom({ storage })
	await todos.swap((docs) => new Map([...docs, ['todos:1', 'a'], ['todos:2', 'b']])).server
	await synced(todos)
	await server.stop()
	await until(() => todos.status.state === 'offline')
	await todos.swap(assoc, 'todos:1', 'c').local
	await todos.swap(assoc, 'todos:1', 'd').local
	assert.deepEqual([...storage.kept.docs.keys()].sort(), ['todos:1', 'todos:2'])
	const [write, ...others] = storage.kept.writes.values()
	assert.deepEqual(others, [], 'the second write took the place of the first')
	assert.deepEqual([write.id, write.base, write.was, write.value], ['todos:1', 1, '"a"', '"d"'])
})

test('a swap is one transaction, however many documents it changes', async () => {
	const { server, atom } = await setUp()
	const todos = atom()
	await synced(todos)
	await server.stop()
	await until(() => todos.status.state === 'offline')
	const { transaction } = IDBDatabase.prototype
	const writing = []
	IDBDatabase.prototype.transaction = function (names, mode) {
		if (mode === 'readwrite') writing.push(names)
		return transaction.call(this, names, mode)
	}
	atEnd(() => (IDBDatabase.prototype.transaction = transaction))
	await todos.swap((docs) => new Map([...docs, ['todos:1', 'a'], ['todos:2', 'b']])).local
	assert.equal(writing.length, 1)
	await todos.destroy()
	const again = atom()
	await again.ready
	assert.deepEqual([...again.deref()].sort(), [['todos:1', 'a'], ['todos:2', 'b']])
	await server.start()
})

test('a connection that the browser ends is opened anew, and gets what is in memory', async () => {
	const { server, atom } = await setUp()
	const { open } = indexedDB
	let connection
	let opened = 0
	indexedDB.open = function (...args) {
		const request = open.apply(this, args)
		request.addEventListener('success', () => opened++ || (connection = request.result))
		return request
	}
	atEnd(() => (indexedDB.open = open))
	const todos = atom()
	await todos.ready
	await server.stop()
	await todos.swap(assoc, 'todos:1', 'before').local
	connection.close()
	connection.onclose(new Event('close'))
	await todos.swap(assoc, 'todos:2', 'after').local
	assert.equal(opened, 2)
	assert.notEqual(todos.status.state, 'storage-degraded')
	await todos.destroy()
	const again = atom()
	await again.ready
	assert.equal(again.status.pending, 2)
	await server.start()
	await synced(again)
	assert.equal(server.docs.size, 2)
})

test('IndexedDB that is full: one typed error, the write goes out, and later ones are kept again', async () => {
	const { server, atom } = await setUp()
	const todos = atom()
	await synced(todos)
	await server.stop()
	await until(() => todos.status.state === 'offline')
	const { put } = IDBObjectStore.prototype
	// As a browser does: the transaction ends with this error, its requests with
	// another.
	const full = new Set()
	IDBObjectStore.prototype.put = function (...args) {
		const { transaction } = this
		if (!full.has(transaction)) queueMicrotask(() => transaction._abort('QuotaExceededError'))
		full.add(transaction)
		return put.apply(this, args)
	}
	atEnd(() => (IDBObjectStore.prototype.put = put))
	const writes = [1, 2].map((n) => todos.swap(assoc, `todos:${n}`, n))
	for (const { local } of writes) await assert.rejects(local, { code: 'quota' })
	assert.deepEqual([todos.status.state, todos.status.pending], ['storage-degraded', 2])
	IDBObjectStore.prototype.put = put
	await todos.swap(assoc, 'todos:3', 3).local
	assert.equal(todos.status.state, 'offline')
	await todos.destroy()
	const again = atom()
	await again.ready
	assert.equal(again.status.pending, 3)
	await server.start()
	await synced(again)
	assert.equal(server.docs.size, 3)
})

test('what is loaded late overwrites nothing: neither swaps, nor what the server has sent meanwhile', async () => {
	const { server, atom } = await setUp()
	const storage = testStorage()
	storage.kept.docs.set('todos:1', { id: 'todos:1', version: 1, value: '"stored long ago"' })
	storage.kept.docs.set('todos:2', { id: 'todos:2', version: 1, value: '"stored long ago"' })
	for (const id of ['todos:1', 'todos:2', 'todos:2']) server.put(id, 'from the server')
	// A swap on what nobody has seen yet may be a conflict; here it is to stay on
	// its way.
	server.fault = ({ method }) => (method === 'POST' ? 'drop' : undefined)
	let loaded
	const { load } = storage
	storage.load = (group) => new Promise((resolve) => (loaded = () => resolve(load(group))))
	const todos = atom({ storage })
	await until(() => loaded)
	todos.swap(assoc, 'todos:1', 'swapped')
	await until(() => get(todos, 'todos:2') === 'from the server')
	const seen = []
	todos.subscribe((docs) => seen.push([docs.get('todos:1'), docs.get('todos:2')]))
	loaded()
	await todos.ready
	for (const values of seen) assert.deepEqual(values, ['swapped', 'from the server'])
})
