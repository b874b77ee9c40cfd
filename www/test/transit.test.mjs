// Under the transit codec every type survives the device and the wire. The server's
// side of it is played by transit-js itself.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import theirs from 'transit-js'
import { assoc, get, loadTransit, setUp, until } from './harness.mjs'

const t = await loadTransit()
const reader = theirs.reader('json')
const writer = theirs.writer('json')
const key = theirs.keyword
const synced = (atom) => until(() => atom.status.state === 'synced' && !atom.status.pending, 'synced')

/** Answers for one group, from values kept as Transit. */
function transitServer(server) {
	const docs = new Map()
	const k = t.keyword
	const row = ({ id, version, value }) => t.map([k('id'), id, k('version'), version, k('value'), value])
	const page = (found) => t.map([k('docs'), found.map(row), k('cursor'), `c${docs.size}`, k('more'), false, k('reset'), false])
	server.respond = (request, body) => {
		assert.equal(request.headers.accept, 'application/transit+json')
		if (request.method === 'GET') return t.writer('json').write(page([...docs.values()]))
		assert.equal(request.headers['content-type'], 'application/transit+json')
		const read = t.reader('json').read(body).get(t.keyword('docs'))
		const results = reader.read(body).get(key('docs')).map((doc, i) => {
			const id = doc.get(key('id'))
			const version = doc.get(key('base')) + 1
			docs.set(id, { id, version, value: read[i].get(t.keyword('value')) })
			return theirs.map([key('id'), id, key('status'), 'ok', key('version'), version])
		})
		return writer.write(theirs.map([key('results'), results, key('cursor'), 'c']))
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
	const doc = theirs.map([key('id'), 'todos:9', key('version'), 3, key('value'), key('live')])
	const fields = [key('group'), 'todos', key('docs'), [doc], key('cursor'), 'c9', key('more'), false, key('reset'), false]
	stream.write(`event: change\nid: c9\ndata: ${theirs.writer('json-verbose').write(theirs.map(fields))}\n\n`)
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

test('what Transit does not have is a TypeError also while the codec is being loaded', async () => {
	const { atom, tab } = await setUp()
	const cycle = { in: [] }
	cycle.in.push(cycle)
	class Own {}
	const wrong = [
		[new Map(), 'X is of type Map'], [[1, { a: 1n }], 'X.1.a is of type BigInt'], [() => 1, 'X is of type Function'], [[Symbol('x')], 'X.0 is of type Symbol'], [cycle, 'X.in.0 contains itself'],
		[new Own(), 'X is of type Own'], [[1, undefined], 'X.1 is of type Undefined'], [{ when: new Date(NaN) }, 'X.when is an invalid date'], ['\ud800', 'X is no text'], [{ '\udc00': 1 }, 'X is no text'],
	]
	// In a tab that has not loaded it before.
	const todos = await tab({ codec: 'transit', storage: 'memory' })
	for (const [value, message] of wrong)
		assert.throws(() => todos.swap((docs) => new Map([...docs, ['todos:1', value]])), { name: 'TypeError', message: `pocketbook: ${message.replace('X', 'the value of todos:1')}` })
	todos.swap(assoc, 'todos:2', { when: new Date(5), bytes: new Uint8Array([1, 2]), odd: [NaN, Infinity], gone: undefined })
	assert.deepEqual([...todos.deref().keys()], ['todos:2'])
	// With what makes its values, the codec is there too.
	const other = atom({ codec: 'transit', storage: 'memory' })
	assert.throws(() => other.swap(assoc, 'todos:1', t.set([1n])), /a member of the value of todos:1 is of type BigInt/)
	other.swap(assoc, 'todos:1', t.set([t.bigInt('1')]))
	assert.equal(other.deref().size, 1)
})

test('what is no Transit value is a TypeError of the swap, which names the place and the reason', async () => {
	const { atom } = await setUp()
	const todos = atom({ codec: 'transit', storage: 'memory' })
	await until(() => todos.status.state !== 'syncing')
	const cycle = { in: [] }
	cycle.in.push(t.map([t.keyword('self'), cycle]))
	class Own {}
	const wrong = [
		[new Map(), 'X is of type Map'], [[1, { a: new Set() }], 'X.1.a is of type Set'], [{ a: 1n }, 'X.a is of type BigInt'], [() => 1, 'X is of type Function'],
		[[Symbol('x')], 'X.0 is of type Symbol'], [cycle, 'X.in.0.:self contains itself'], [new Own(), 'X is of type Own'], [[1, undefined], 'X.1 is of type Undefined'],
		[{ when: new Date(NaN) }, 'X.when is an invalid date'], ['\ud800', 'X is no text'], [{ '\udc00': 1 }, 'X is no text'], [[t.keyword('\ud800')], 'X.0 is no text'],
		[t.map([t.keyword('a'), t.list([1, /x/])]), 'X.:a.1 is of type RegExp'], [t.map([[Symbol('y')], 1]), 'a key of X.0 is of type Symbol'],
		[t.set([1, new Error('e')]), 'a member of X is of type Error'], [t.tagged('point', { x: 2n }), 'X.x is of type BigInt'], [t.tagged('point', [3n]), 'X.0 is of type BigInt'], [[t.tagged('p', 1)], 'X.0 has a tag of one character'],
	]
	for (const [value, message] of wrong)
		assert.throws(() => todos.swap((docs) => new Map([...docs, ['todos:fine', 1], ['todos:1', value]])), { name: 'TypeError', message: `pocketbook: ${message.replace('X', 'the value of todos:1')}` })
	assert.equal(todos.deref().size, 0)
	assert.equal(todos.status.pending, 0)
})

test('members that are undefined are left out', async () => {
	const { server, atom } = await setUp()
	const docs = transitServer(server)
	const todos = atom({ codec: 'transit' })
	await synced(todos)
	await todos.swap(assoc, 'todos:1', { a: undefined, b: [{ c: undefined, d: 1 }] }).server
	assert.ok(t.equals(docs.get('todos:1').value, t.map(['b', [t.map(['d', 1])]])))
})

test('equal values are no change and no conflict, whatever the order of keys and members', async () => {
	const { server, atom } = await setUp()
	const docs = transitServer(server)
	const todos = atom({ codec: 'transit' })
	await synced(todos)
	const k = t.keyword
	const pairs = [
		[{ a: 1, b: { c: 1, d: 2 } }, { b: { d: 2, c: 1 }, a: 1 }], [t.map([k('a'), 1, k('b'), 2]), t.map([k('b'), 2, k('a'), 1])],
		[t.map([[1], 'x', [2], t.set([1, 2])]), t.map([[2], t.set([2, 1]), [1], 'x'])], [t.set([k('a'), [1], t.map(['x', 1, 'y', 2])]), t.set([t.map(['y', 2, 'x', 1]), [1], k('a')])],
		[NaN, NaN], [t.map(['a', 1]), { a: 1 }], [new Date(5), new Date(5)], [t.tagged('point', { x: 1, y: 2 }), t.tagged('point', { y: 2, x: 1 })],
	]
	for (const [i, [one, other]] of pairs.entries()) {
		await todos.swap(assoc, `todos:${i}`, one).server
		const before = todos.deref()
		todos.swap(assoc, `todos:${i}`, other)
		assert.equal(todos.deref(), before, `pair ${i}`)
	}
	const differ = [
		[[1, 2], [2, 1]], [t.list([1]), [1]], [k('a'), ':a'], [k('a'), t.symbol('a')], [{ a: 1 }, { a: '1' }], [t.set([1]), [1]], [t.map([1, 2]), { 1: 2 }],
		[t.map([[1], 2, [2], 1]), t.map([[1], 1, [2], 2])], ['~:a', k('a')], [t.tagged('aa', 1), t.tagged('bb', 1)], [{ a: null }, {}],
	]
	for (const [i, [one, other]] of differ.entries()) {
		await todos.swap(assoc, `todos:d${i}`, one).server
		await todos.swap(assoc, `todos:d${i}`, other).server
		assert.ok(t.equals(docs.get(`todos:d${i}`).value, typeof other === 'object' && other.constructor === Object ? t.map(Object.entries(other).flat()) : other), `pair ${i}`)
	}
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
