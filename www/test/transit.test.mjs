// Under the transit codec every type survives the device and the wire. The server's
// side of it is played by transit-js itself.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assoc, get, loadTransit, setUp, until } from './harness.mjs'

const t = await loadTransit()
const reader = t.reader('json')
const writer = t.writer('json')
const key = t.keyword
const synced = (atom) => until(() => atom.status.state === 'synced' && !atom.status.pending, 'synced')

/** Answers for one group, from values kept as Transit. */
function transitServer(server) {
	const docs = new Map()
	const row = ({ id, version, value }) => t.map([key('id'), id, key('version'), version, key('value'), value])
	const page = (found) => t.map([key('docs'), found.map(row), key('cursor'), `c${docs.size}`, key('more'), false, key('reset'), false])
	server.respond = (request, body) => {
		assert.equal(request.headers.accept, 'application/transit+json')
		if (request.method === 'GET') return writer.write(page([...docs.values()]))
		assert.equal(request.headers['content-type'], 'application/transit+json')
		const results = reader.read(body).get(key('docs')).map((doc) => {
			const id = doc.get(key('id'))
			const version = doc.get(key('base')) + 1
			docs.set(id, { id, version, value: doc.get(key('value')) })
			return t.map([key('id'), id, key('status'), 'ok', key('version'), version])
		})
		return writer.write(t.map([key('results'), results, key('cursor'), 'c']))
	}
	return docs
}

const values = {
	keyword: t.keyword('a/b'), symbol: t.symbol('s'), date: new Date(1e12), uuid: t.uuid('f81d4fae-7dec-11d0-a765-00a0c91e6bf6'),
	set: t.set([1, 'two', t.keyword('three')]), list: t.list([1, 2]), uri: t.uri('http://example.org/'), bigint: t.bigInt('123456789012345678901234567890'),
	decimal: t.bigDec('1.10'), integer: t.integer('9007199254740993'), map: t.map([t.keyword('k'), 1, 'k', 2]), cmap: t.map([[1, 2], 'composite']),
	text: '~not a keyword', tagged: t.tagged('point', [1, 2]), nothing: null, many: [t.keyword('cached'), t.keyword('cached'), t.keyword('cached')],
}

test('every type comes back equal from IndexedDB and from the server', async () => {
	const { server, atom, user } = await setUp()
	const docs = transitServer(server)
	const one = atom({ codec: 'transit' })
	const { local, server: sent } = one.swap((old) => new Map([...old, ...Object.entries(values).map(([name, value]) => [`todos:${name}`, value])]))
	await local
	await sent
	const same = (found, where) => {
		for (const [name, value] of Object.entries(values)) assert.ok(t.equals(found(`todos:${name}`), value), `${name} ${where}`)
	}
	same((id) => docs.get(id).value, 'on the server')
	await one.destroy()
	await server.stop()
	const two = atom({ codec: 'transit' })
	await two.ready
	same((id) => get(two, id), 'from the device')
	await server.start()
	const three = atom({ codec: 'transit', user: user + ' elsewhere' })
	await until(() => three.deref().size === Object.keys(values).length)
	same((id) => get(three, id), 'from the server')
})

test('swaps made before the codec is loaded are kept in order', async () => {
	const { server, atom } = await setUp()
	const docs = transitServer(server)
	const todos = atom({ codec: 'transit' })
	todos.swap(assoc, 'todos:1', t.keyword('first'))
	await todos.swap(assoc, 'todos:1', t.keyword('second')).server
	assert.ok(t.equals(docs.get('todos:1').value, t.keyword('second')))
	assert.ok(server.log.some(({ url }) => url.includes('encoding=transit')))
})

test('streams speak Transit too', async () => {
	const { server, atom } = await setUp()
	transitServer(server)
	let stream
	server.events = (response) => (stream = response)
	const todos = atom({ codec: 'transit' })
	await until(() => todos.status.state === 'synced' && stream)
	const doc = t.map([key('id'), 'todos:9', key('version'), 3, key('value'), t.keyword('live')])
	const fields = [key('group'), 'todos', key('docs'), [doc], key('cursor'), 'c9', key('more'), false, key('reset'), false]
	stream.write(`event: change\nid: c9\ndata: ${t.writer('json-verbose').write(t.map(fields))}\n\n`)
	await until(() => get(todos, 'todos:9'))
	assert.ok(t.equals(get(todos, 'todos:9'), t.keyword('live')))
})

test('objects without a prototype and members of any name are maps', async () => {
	const { server, atom } = await setUp()
	const docs = transitServer(server)
	const todos = atom({ codec: 'transit' })
	await synced(todos)
	const bare = Object.assign(Object.create(null), { title: 'bare', list: [1, [2]], inner: Object.assign(Object.create(null), { a: 1 }) })
	const parsed = JSON.parse('{"constructor": "x", "__proto__": {"constructor": null}, "toString": 1, "hasOwnProperty": 2, "valueOf": 3}')
	await todos.swap((old) => new Map([...old, ['todos:bare', bare], ['todos:parsed', parsed], ['todos:in', [bare, { parsed }]]])).server
	const bareMap = t.map(['title', 'bare', 'list', [1, [2]], 'inner', t.map(['a', 1])])
	const parsedMap = t.map(['constructor', 'x', '__proto__', t.map(['constructor', null]), 'toString', 1, 'hasOwnProperty', 2, 'valueOf', 3])
	// Again: the cache of transit-js would take these names for cached ones.
	await todos.swap(assoc, 'todos:again', parsed).server
	const expected = { bare: bareMap, parsed: parsedMap, again: parsedMap, in: [bareMap, t.map(['parsed', parsedMap])] }
	for (const [name, value] of Object.entries(expected)) assert.ok(t.equals(docs.get(`todos:${name}`).value, value), name)
	await todos.destroy()
	const again = atom({ codec: 'transit' })
	await again.ready
	for (const [name, value] of Object.entries(expected)) assert.ok(t.equals(get(again, `todos:${name}`), value), `${name}, from the device`)
})

test('what is no Transit value is a TypeError of the swap', async () => {
	const { atom } = await setUp()
	const todos = atom({ codec: 'transit', storage: 'memory' })
	await until(() => todos.status.state !== 'syncing')
	const cycle = {}
	cycle.self = cycle
	class Own {}
	for (const [name, value] of Object.entries({ map: new Map(), set: new Set(), bigint: 1n, function: () => 1, symbol: Symbol('x'), cycle, own: new Own(), inside: [{ a: new Map() }] }))
		assert.throws(() => todos.swap(assoc, `todos:${name}`, value), { name: 'TypeError', message: /not a Transit value/ }, name)
	assert.equal(todos.deref().size, 0)
})

test('a transaction is an atomic push under Transit too', async () => {
	const { server, updating } = await setUp()
	const docs = transitServer(server)
	const todos = await updating({ codec: 'transit' })
	await synced(todos)
	await todos.transact((old) => new Map(old).set('todos:a', 1).set('todos:b', 2)).server
	const pushes = server.log.filter(({ method }) => method === 'POST').map(({ body }) => reader.read(body))
	assert.deepEqual(pushes.map((push) => [push.get(key('docs')).length, push.get(key('atomic'))]), [[2, true]])
	assert.equal(docs.size, 2)
})
