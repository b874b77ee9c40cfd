// The loop: when it exchanges, and that nothing stops it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Problem, assoc, atEnd, get, setUp, shiftClock, until } from './harness.mjs'

const synced = (atom) => until(() => atom.status.state === 'synced' && !atom.status.pending, 'synced')
const requests = (server, start) => server.log.filter(({ method, url }) => `${method} ${url}`.startsWith(start)).length
const HOUR = 3_600_000

/** The window and the document of a page, as much as is listened to. */
function openPage() {
	const page = new EventTarget()
	globalThis.addEventListener = page.addEventListener.bind(page)
	globalThis.document = { hidden: false }
	atEnd(() => {
		delete globalThis.addEventListener
		delete globalThis.document
	})
	return (name) => page.dispatchEvent(new Event(name))
}

test('a swap is pushed at once, without waiting for the interval; those of one moment go together', async () => {
	const { server, atom } = await setUp()
	const todos = atom({ interval: HOUR })
	await synced(todos)
	const writes = [1, 2, 3].map((n) => todos.swap(assoc, `todos:${n}`, n).server)
	await Promise.all(writes)
	assert.equal(requests(server, 'POST'), 1)
})

test('it pulls whenever the stream is there anew', async () => {
	const { server, atom } = await setUp()
	const todos = atom({ interval: HOUR })
	await synced(todos)
	for (let round = 0; round < 3; round++) {
		const before = [requests(server, 'GET /events'), requests(server, 'GET /sync')]
		// It was away while this was written: no event will tell.
		server.fault = (_request, path) => (path === '/events' ? 'drop' : undefined)
		server.dropStreams()
		await until(() => server.streams === 0)
		server.put(`todos:${round}`, round)
		server.fault = () => undefined
		await until(() => get(todos, `todos:${round}`) === round)
		await until(() => server.streams === 1)
		assert.ok(requests(server, 'GET /events') > before[0] && requests(server, 'GET /sync') > before[1])
	}
})

test('the network is back: what was open is not trusted', async () => {
	const { server, atom } = await setUp()
	const happens = openPage()
	const todos = atom({ interval: HOUR })
	await synced(todos)
	await until(() => server.streams === 1)
	const before = requests(server, 'GET /events')
	happens('online')
	await until(() => requests(server, 'GET /events') > before)
	await synced(todos)
	happens('offline')
	assert.equal(todos.status.state, 'offline')
	happens('online')
	await synced(todos)
})

for (const name of ['visibilitychange', 'pageshow', 'focus'])
	test(`the page is back (${name}): a stream that was silent too long is opened anew, one that is well is kept`, async () => {
		const { server, atom } = await setUp()
		const happens = openPage()
		const todos = atom({ interval: HOUR })
		await synced(todos)
		await until(() => server.streams === 1)
		const before = requests(server, 'GET /events')
		happens(name)
		await todos.sync()
		assert.equal(requests(server, 'GET /events'), before)
		shiftClock(20_000)
		document.hidden = true
		happens(name)
		await todos.sync()
		assert.equal(requests(server, 'GET /events'), before, 'not while it is hidden')
		document.hidden = false
		happens(name)
		await until(() => requests(server, 'GET /events') === before + 1)
		await synced(todos)
	})

test('its listeners go with the atom', async () => {
	const { server, atom } = await setUp()
	const happens = openPage()
	const todos = atom()
	await synced(todos)
	await todos.destroy()
	const before = server.log.length
	happens('online')
	happens('pageshow')
	await new Promise((done) => setTimeout(done, 50))
	assert.equal(server.log.length, before)
	await assert.rejects(todos.sync(), { code: 'destroyed' })
})

test('a missed heartbeat: the stream is given up and opened anew', async () => {
	const { server, atom } = await setUp()
	const todos = atom({ interval: 30 })
	await synced(todos)
	await until(() => server.streams === 1)
	const before = requests(server, 'GET /events')
	shiftClock(33_000)
	await until(() => requests(server, 'GET /events') > before)
	await until(() => server.streams === 1)
	server.put('todos:1', 'x')
	await until(() => get(todos, 'todos:1'))
})

const text = (type, body) => (_request, path) => {
	if (path === '/sync') return { type, body }
}
const refuse = (status) => () => {
	throw new Problem(status, 'for the test')
}
const faults = {
	'no answer': () => 'drop',
	'an answer that is lost': () => 'lose',
	'503': refuse(503), '429': refuse(429), '404': refuse(404), '507': refuse(507),
	'a page of somebody else': text('text/html', '<html>'),
	'no JSON': text('application/json', '{"docs": ['),
	'JSON null': text('application/json', 'null'),
	'an array': text('application/json', '[]'),
	'documents that are none': text('application/json', '{"docs": [null], "cursor": "x", "more": false}'),
	'results that are none': text('application/json', '{"results": {}}'),
}
for (const [name, fault] of Object.entries(faults))
	test(`${name}: it goes on by itself`, async () => {
		const { server, atom } = await setUp()
		const todos = atom({ interval: 30 })
		await synced(todos)
		server.fault = fault
		server.dropStreams()
		const { server: sent } = todos.swap(assoc, 'todos:mine', 1)
		await until(() => todos.status.lastError)
		await until(() => todos.status.state !== 'synced')
		server.put('todos:theirs', 2)
		assert.equal(todos.status.pending, 1)
		server.fault = () => undefined
		await sent
		await until(() => get(todos, 'todos:theirs') === 2)
		await synced(todos)
		assert.deepEqual([todos.rejected, todos.conflicts, todos.status.lastError], [[], [], null])
	})

test('an event that cannot be read, and one that is not known', async () => {
	const { server, atom } = await setUp()
	let stream
	server.events = (response) => (stream = response)
	const todos = atom({ interval: HOUR })
	await synced(todos)
	await until(() => server.streams === 1)
	const before = requests(server, 'GET /events')
	stream.write('event: news\ndata: not for us\n\n')
	server.put('todos:1', 'x')
	await until(() => get(todos, 'todos:1'))
	assert.equal(requests(server, 'GET /events'), before)
	stream.write('event: change\ndata: {"docs":\n\n')
	await until(() => requests(server, 'GET /events') > before)
	server.put('todos:2', 'y')
	await until(() => get(todos, 'todos:2'))
})

test('it backs off, further each time up to half a minute, and never twice alike', async () => {
	const { server, atom } = await setUp()
	await server.stop()
	const { setTimeout } = globalThis
	const waits = []
	// Whatever it waits for comes at once; what it would have waited is noted.
	globalThis.setTimeout = (job, ms, ...more) => {
		if (ms > 0) waits.push(ms)
		return setTimeout(job, Math.min(ms, 1), ...more)
	}
	atEnd(() => (globalThis.setTimeout = setTimeout))
	const interval = 12_345_678
	const todos = atom({ interval, storage: 'memory' })
	// Beside those of a fixed length, of the library, of this test and of fetch:
	// what is drawn is no whole number.
	const delays = () => waits.filter((ms) => ms >= 250 && !Number.isInteger(ms))
	await until(() => delays().length >= 12)
	const found = delays().slice(0, 12)
	found.forEach((ms, i) => assert.ok(ms <= Math.min(30_000, 500 * 2 ** i) && ms >= Math.min(30_000, 500 * 2 ** i) / 2, `${i}: ${ms}`))
	assert.equal(new Set(found).size, found.length)
	await todos.destroy()
	globalThis.setTimeout = setTimeout
	await server.start()
})

test('a leader that goes away leaves no sync unanswered', async () => {
	const { server, tab } = await setUp()
	const one = await tab()
	const two = await tab()
	await synced(one)
	await synced(two)
	let asked
	const reached = new Promise((resolve) => (asked = resolve))
	let release
	const held = new Promise((resolve) => (release = resolve))
	server.fault = async (_request, path) => {
		if (path !== '/sync') return
		asked()
		await held
	}
	const done = two.sync()
	await reached
	const gone = one.destroy()
	server.fault = () => undefined
	release()
	await gone
	await done
	assert.ok(two.status.lastPull)
})
