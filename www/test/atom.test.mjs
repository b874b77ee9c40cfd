// The atom as an app sees it, one tab, a server that works.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FakeServer, SyncedAtom, assoc, dissoc, get, loadTransit, persistence, reported, setUp, until } from './harness.mjs'

const cheese = { title: 'buy cheese' }

test('a swap shows at once, then is on the device, then on the server', async () => {
	const { server, atom } = await setUp()
	const todos = atom()
	const { local, server: sent } = todos.swap(assoc, 'todos:1', cheese)
	assert.equal(get(todos, 'todos:1'), cheese)
	await local
	await sent
	assert.deepEqual(server.value('todos:1'), cheese)
	await until(() => todos.status.state === 'synced')
	assert.equal(get(todos, 'todos:1'), cheese, 'its own echo keeps the reference')
})

test('what another client writes, changes and deletes arrives by the stream', async () => {
	const { server, atom } = await setUp()
	server.put('todos:1', cheese)
	server.put('other:1', 'not ours')
	const todos = atom()
	await until(() => get(todos, 'todos:1'))
	assert.equal(todos.deref().size, 1)
	await until(() => todos.status.state === 'synced')
	const pulls = server.log.filter(({ method, url }) => method === 'GET' && url.startsWith('/sync')).length
	server.put('todos:2', 'second')
	server.put('todos:1', undefined)
	await until(() => get(todos, 'todos:2') && !get(todos, 'todos:1'))
	assert.equal(server.log.filter(({ method, url }) => method === 'GET' && url.startsWith('/sync')).length, pulls, 'without a pull')
})

test('it opens with what the device had kept, without a server', async () => {
	const { server, atom } = await setUp()
	const first = atom()
	await first.swap(assoc, 'todos:1', cheese).server
	await first.destroy()
	await server.stop()
	const second = atom()
	await second.ready
	assert.deepEqual(get(second, 'todos:1'), cheese)
	await second.swap(assoc, 'todos:2', 'made offline').local
	await until(() => second.status.state === 'offline')
	assert.equal(second.status.pending, 1)
	await second.destroy()
	const third = atom()
	await third.ready
	assert.equal(get(third, 'todos:2'), 'made offline')
	assert.equal(third.status.pending, 1)
	await server.start()
	await until(() => server.value('todos:2'))
	await until(() => third.status.state === 'synced' && third.status.pending === 0)
})

test('watches are called with key, atom, old and new, also before anything is loaded', async () => {
	const { atom } = await setUp()
	const todos = atom()
	const calls = []
	todos.addWatch('w', (...args) => calls.push(args))
	const before = todos.deref()
	todos.swap(assoc, 'todos:1', cheese)
	assert.deepEqual(calls, [['w', todos, before, todos.deref(), ['todos:1']]])
	todos.removeWatch('w')
	todos.swap(dissoc, 'todos:1')
	assert.equal(calls.length, 1)
})

test('a watch may swap, and one that throws disturbs nobody', async () => {
	const { server, atom } = await setUp()
	const todos = atom()
	todos.addWatch('bad', () => {
		todos.removeWatch('bad')
		throw new Error('from a watch')
	})
	todos.addWatch('derive', (_k, _a, _old, docs) => docs.has('todos:sum') || todos.swap(assoc, 'todos:sum', docs.size))
	todos.swap(assoc, 'todos:1', cheese)
	assert.equal(reported.pop().message, 'from a watch')
	await until(() => server.value('todos:sum') === 1 && server.value('todos:1'))
})

test('subscribe keeps the contract of a Svelte store, unbound', async () => {
	const { atom } = await setUp()
	const { subscribe, deref, swap } = atom()
	const seen = []
	const end = subscribe((docs) => seen.push(docs))
	assert.deepEqual(seen, [deref()])
	end()
	assert.equal(swap, SyncedAtom.prototype.swap)
})

test('what did not change keeps its reference, and is not written', async () => {
	const { server, atom } = await setUp()
	for (let i = 0; i < 20; i++) server.put(`todos:${i}`, { i })
	const todos = atom()
	await until(() => todos.deref().size === 20)
	const before = todos.deref()
	server.put('todos:3', { i: 'new' })
	await until(() => get(todos, 'todos:3').i === 'new')
	for (const [id, value] of todos.deref()) assert.equal(value === before.get(id), id !== 'todos:3')
	await todos.swap((docs) => new Map([...docs].map(([id, value]) => [id, { ...value }]))).server
	assert.equal(server.log.filter(({ method }) => method === 'POST').length, 0)
})

test('bad ids and values are refused where they are made, and change nothing', async () => {
	const { server, atom } = await setUp()
	const todos = atom()
	const before = todos.deref()
	for (const id of ['todos:', 'todos', 'other:1', 'todos:a\u0007', 'todos:' + 'é'.repeat(260), 5, null, undefined])
		assert.throws(() => todos.swap(assoc, id, 1), /pocketbook: the id/)
	const circle = { in: [] }
	circle.in.push(circle)
	const bad = {
		'todos:1.in.0 contains itself': circle, 'todos:1 is of type Function': () => 1, 'todos:1.f is of type Function': { f() {} },
		'todos:1.a.1 is NaN': { a: [1, NaN] }, 'todos:1 is -Infinity': -Infinity, 'todos:1.n is of type BigInt': { n: 1n },
		'todos:1.1 is of type Undefined': [1, undefined], 'todos:1.0 is of type Undefined': [, 1], 'todos:1.due is of type Date': { due: new Date() },
		'todos:1.s is of type Symbol': { s: Symbol('s') }, 'todos:1.m is of type Map': { m: new Map() }, 'todos:1.t is no text': { t: '\ud800' },
		'todos:1.o is no text': { o: { '\udc00': 1 } }, 'todos:1.j.toJSON is of type Function': { j: { toJSON: () => 1 } },
	}
	for (const [message, value] of Object.entries(bad)) {
		const refused = { name: 'TypeError', message: 'pocketbook: the value of ' + message }
		assert.throws(() => todos.swap(assoc, 'todos:1', value), refused)
		assert.throws(() => todos.change([['todos:2', 'good'], ['todos:1', value]]), refused)
	}
	assert.throws(() => todos.swap(assoc, 'todos:1', undefined), /the id "todos:1" is undefined/)
	assert.equal(todos.deref(), before)
	assert.equal(todos.status.pending, 0)
	assert.throws(() => new SyncedAtom({ url: server.url, group: '' }), TypeError)
})

/** Arrays in arrays. */
const nested = (depth) => [...Array(depth)].reduce((inner) => [inner], 1)

test('a value that is nested deeper than the server allows is refused where it is made, in each codec', async () => {
	const { atom } = await setUp()
	await loadTransit()
	for (const codec of ['json', 'transit']) {
		const todos = atom({ codec, storage: 'memory' })
		const refused = { name: 'TypeError', message: /^pocketbook: the value of todos:1\.0.* is too deep$/ }
		for (const depth of [98, 5000]) assert.throws(() => todos.swap(assoc, 'todos:1', nested(depth)), refused)
		assert.equal(todos.deref().size, 0)
		todos.swap(assoc, 'todos:1', nested(97))
		assert.equal(todos.deref().size, 1)
	}
})

test('values are equal whatever the order of their keys: they are no change, and no conflict', async () => {
	const { server, atom } = await setUp()
	server.put('todos:1', { a: 1, b: { c: [1, { d: 2, e: 3 }], f: null } })
	const todos = atom()
	await todos.sync()
	const before = get(todos, 'todos:1')
	todos.swap(assoc, 'todos:1', { b: { f: null, c: [1, { e: 3, d: 2 }] }, a: 1, gone: undefined })
	assert.equal(get(todos, 'todos:1'), before)
	assert.equal(todos.status.pending, 0)
	await until(() => todos.status.state === 'synced')
	await server.stop()
	const { server: sent } = todos.swap(assoc, 'todos:1', { x: 1, y: 2 })
	server.put('todos:1', { y: 2, x: 1 })
	await server.start()
	await sent
	assert.equal(todos.conflicts.length, 0)
	todos.swap(assoc, 'todos:1', { x: 1, y: '2' })
	assert.equal(todos.status.pending, 1)
})

test('a document of the group `g:a` whose id is `g:a:` can be edited', async () => {
	const { server, atom } = await setUp()
	server.put('g:a:', 1)
	const docs = atom({ group: 'g:a' })
	await docs.sync()
	await docs.swap((map) => new Map([...map].map(([id]) => [id, 'done']))).server
	assert.equal(server.value('g:a:'), 'done')
})

test('a lone surrogate is refused too: no server takes it', async () => {
	const { atom } = await setUp()
	assert.throws(() => atom().swap(assoc, 'todos:\ud800', 1), /pocketbook: the id/)
})

test('many documents come in pages, and go out in batches', async () => {
	const { server, atom } = await setUp()
	server.pageSize = 7
	for (let i = 0; i < 50; i++) server.put(`todos:${i}`, i)
	const todos = atom()
	await until(() => todos.deref().size === 50)
	const { server: sent } = todos.swap((docs) => new Map([...docs].map(([id, value]) => [id, value + 1000]).concat([...Array(1000).keys()].map((i) => [`todos:n${i}`, i]))))
	await sent
	assert.equal(server.docs.size, 1050)
	const pushes = server.log.filter(({ method }) => method === 'POST').map(({ body }) => JSON.parse(body).docs.length)
	assert.deepEqual(pushes, [500, 500, 50])
})

test('a watch of one atom may swap while another atom shows a swap of its own', async () => {
	const { atom } = await setUp()
	const first = atom()
	const second = atom()
	await Promise.all([first.ready, second.ready])
	first.addWatch('echo', () => first.deref().has('todos:echo') || first.swap(assoc, 'todos:echo', 2))
	second.swap(assoc, 'todos:1', 1)
	for (const one of [first, second]) assert.deepEqual([...one.deref()].sort(), [['todos:1', 1], ['todos:echo', 2]])
})

test('several atoms share one stream, and each sees its own group', async () => {
	const { server, atom } = await setUp()
	const todos = atom()
	const notes = atom({ group: 'notes' })
	await until(() => todos.status.state === 'synced' && server.streams === 1)
	await until(() => server.log.some(({ url }) => url.startsWith('/events?group=notes&group=todos')))
	server.put('todos:1', 't')
	server.put('notes:1', 'n')
	await until(() => get(todos, 'todos:1') && get(notes, 'notes:1'))
	assert.deepEqual([[...todos.deref().keys()], [...notes.deref().keys()]], [['todos:1'], ['notes:1']])
	assert.equal(server.streams, 1)
	await notes.destroy()
	server.put('todos:2', 't')
	await until(() => get(todos, 'todos:2'))
})

test('an atom of an outer group sees what one of a nested group writes', async () => {
	const { server, atom } = await setUp()
	const inner = atom({ group: 'acme:todos' })
	const outer = atom({ group: 'acme' })
	await inner.swap(assoc, 'acme:todos:7', 'nested').server
	assert.equal(get(outer, 'acme:todos:7'), 'nested')
	assert.equal(server.value('acme:todos:7'), 'nested')
})

test('the first write asks the browser to keep the data', async () => {
	const { atom } = await setUp()
	const todos = atom()
	const { asked } = persistence
	assert.equal(todos.status.persisted, null)
	todos.swap(assoc, 'todos:1', 1)
	await until(() => todos.status.persisted === true)
	todos.swap(assoc, 'todos:2', 1)
	assert.equal(persistence.asked, asked + 1)
})

test('without a stream it polls', async () => {
	const { server, atom } = await setUp()
	server.fault = (_request, path) => (path === '/events' ? 'drop' : undefined)
	const todos = atom({ interval: 30 })
	await until(() => todos.status.state === 'synced')
	server.put('todos:1', cheese)
	await until(() => get(todos, 'todos:1'))
	assert.equal(todos.status.online, true)
})

test('destroy ends requests and promises, and a later swap says so', async () => {
	const { server, atom } = await setUp()
	await server.stop()
	const todos = atom()
	const { local, server: sent } = todos.swap(assoc, 'todos:1', 1)
	await local
	await todos.destroy()
	await assert.rejects(sent, { code: 'destroyed' })
	assert.throws(() => todos.swap(assoc, 'todos:2', 1), { code: 'destroyed' })
	await server.start()
})

test('without reportError the console has the error, and the other watches are called', async () => {
	const { atom } = await setUp()
	const { reportError } = globalThis
	const { error } = console
	const logged = []
	delete globalThis.reportError
	console.error = (what) => logged.push(what)
	try {
		const todos = atom({ storage: 'memory' })
		let called = 0
		todos.addWatch('bad', () => {
			throw new Error('from a watch')
		})
		todos.addWatch('good', () => called++)
		todos.swap(assoc, 'todos:1', 1)
		assert.deepEqual([called, logged.map(({ message }) => message)], [1, ['from a watch']])
	} finally {
		globalThis.reportError = reportError
		console.error = error
	}
})

test('an id that ends with the colon of a nested group can be edited there', async () => {
	const { server, atom } = await setUp()
	for (const id of ['g:a:', 'g:a:1', 'g::']) server.put(id, 'old')
	for (const [group, ids] of Object.entries({ 'g:a': ['g:a:', 'g:a:1'], g: ['g::', 'g:a:', 'g:a:1'] })) {
		const one = atom({ group })
		await one.sync()
		assert.deepEqual([...one.deref().keys()].sort(), ids)
		await one.swap((docs) => new Map([...docs].map(([id]) => [id, group]))).server
		for (const id of ids) assert.equal(server.value(id), group)
		assert.throws(() => one.swap(assoc, 'g:', 1), { message: /not in the group/ })
	}
})
