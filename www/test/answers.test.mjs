// Answers that are not the server's: what something in between sends says nothing about
// the token, the group or the writes.
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { test } from 'node:test'
import { assoc, atEnd, get, setUp, until } from './harness.mjs'

const synced = (atom) => until(() => atom.status.state === 'synced' && !atom.status.pending, 'synced')
const HOUR = 3_600_000

/** What something in between sends, with a status. */
const pages = {
	'a page': ['text/html', () => '<html>Blocked'],
	'a problem without a code': ['application/problem+json', (status) => JSON.stringify({ status, title: 'no' })],
	'a problem of another status': ['application/problem+json', () => JSON.stringify({ status: 500, code: 'bad-request' })],
	'JSON with a code': ['application/json', (status) => JSON.stringify({ status, code: 'forbidden' })],
	'a problem that is none': ['application/problem+json', () => 'null'],
}

for (const status of [400, 401, 403, 413])
	test(`${status} of something else is trouble of the network, and the write goes out afterwards`, async () => {
		const { server, atom } = await setUp()
		const todos = atom({ interval: HOUR })
		await synced(todos)
		for (const [name, [type, body]] of Object.entries(pages)) {
			const answer = { status, type, body: body(status) }
			server.fault = ({ method }) => (method === 'POST' ? answer : undefined)
			todos.swap(assoc, 'todos:1', name)
			await assert.rejects(todos.sync(), { code: 'protocol', status }, `${name}, to a push`)
			server.fault = () => answer
			await assert.rejects(todos.sync(), { code: 'protocol', status }, name)
			assert.deepEqual([todos.rejected, todos.status.state, todos.status.pending], [[], 'offline', 1], name)
		}
		server.fault = () => undefined
		// A new write shortens the wait for the next attempt.
		todos.swap(assoc, 'todos:3', 3)
		await until(() => server.value('todos:1'))
		server.put('todos:2', 2)
		await until(() => get(todos, 'todos:2'))
		await synced(todos)
	})

test('pages and results that are none of ours change nothing', async () => {
	const answers = [
		{ docs: [{ id: 'other:1', version: 1, value: 1 }], cursor: 'x', more: false },
		{ docs: [{ id: 'todos:1', value: 1 }], cursor: 'x', more: false },
		{ docs: [{}], cursor: 'x', more: false },
		{ results: [{ id: 'todos:mine', status: 'ok' }], docs: 1 },
		null, 'text', [],
	]
	for (const answer of answers) {
		const { server, atom } = await setUp()
		const todos = atom({ interval: 30 })
		await synced(todos)
		server.fault = (_request, path) => (path === '/sync' ? { type: 'application/json', body: JSON.stringify(answer) } : undefined)
		todos.swap(assoc, 'todos:mine', 1)
		await assert.rejects(todos.sync(), { code: 'protocol' }, JSON.stringify(answer))
		assert.deepEqual([[...todos.deref().keys()], todos.status.pending], [['todos:mine'], 1], JSON.stringify(answer))
		await todos.destroy()
	}
})

test('events of another group, and ones without documents, end the stream', async () => {
	const { server, atom } = await setUp()
	const todos = atom({ interval: HOUR })
	for (const data of [{ group: 'other', docs: [], cursor: 'x' }, { group: 'todos', cursor: 'x' }, { group: 'todos', docs: [{ id: 'other:1', version: 1 }], cursor: 'x' }]) {
		let stream
		server.events = (response) => (stream = response)
		server.dropStreams()
		await until(() => stream && server.streams === 1)
		await synced(todos)
		const before = server.log.length
		stream.write(`event: change\ndata: ${JSON.stringify(data)}\n\n`)
		await until(() => server.log.slice(before).some(({ url }) => url.startsWith('/events')))
	}
	assert.equal(todos.deref().size, 0)
})

for (const status of [301, 302, 303, 307, 308])
	test(`${status}: a push is not sent elsewhere, and waits`, async () => {
		const { server, atom } = await setUp()
		const posts = []
		const moved = createServer((request, response) => {
			if (request.method === 'POST') posts.push(request.url)
			response.writeHead(status, { Location: server.url.slice(0, -1) + request.url }).end()
		})
		await new Promise((done) => moved.listen(0, '127.0.0.1', done))
		atEnd(() => {
			moved.closeAllConnections()
			moved.close()
		})
		server.put('todos:theirs', 1)
		const todos = atom({ url: `http://127.0.0.1:${moved.address().port}/`, interval: 30 })
		todos.swap(assoc, 'todos:mine', 1)
		await until(() => get(todos, 'todos:theirs'), 'what is read may be redirected')
		await until(() => posts.length > 2)
		assert.deepEqual([todos.rejected, todos.status.pending, server.value('todos:mine')], [[], 1, undefined])
		assert.ok(server.log.every(({ url, method }) => method === 'GET' && /group=/.test(url)))
	})

test('a refusal where a redirect has led says nothing about the token', async () => {
	const { server, atom } = await setUp()
	server.tokens = { good: { groups: { '*': 'rw' } } }
	const moved = createServer((request, response) => response.writeHead(302, { Location: server.url.slice(0, -1) + request.url }).end())
	await new Promise((done) => moved.listen(0, '127.0.0.1', done))
	atEnd(() => {
		moved.closeAllConnections()
		moved.close()
	})
	// Another origin: fetch leaves the token out.
	const todos = atom({ url: `http://localhost:${moved.address().port}/`, token: 'good', interval: 30 })
	await until(() => todos.status.state === 'offline')
	assert.equal(todos.status.lastError.code, 'protocol')
})

test('media types have no case, and may have parameters', async () => {
	const { server, atom } = await setUp()
	server.types = (type) => `${type.toUpperCase()} ; Charset=UTF-8`
	const todos = atom({ interval: HOUR })
	await todos.swap(assoc, 'todos:1', 1).server
	await synced(todos)
	await until(() => server.streams === 1)
	server.put('todos:2', 2)
	await until(() => get(todos, 'todos:2'))
	server.tokens = {}
	server.dropStreams()
	await until(() => todos.status.state === 'unauthorized')
})

/** The lengths of all timers from now on. */
function timers() {
	const { setTimeout } = globalThis
	const lengths = []
	globalThis.setTimeout = (job, ms, ...more) => {
		lengths.push(ms)
		return setTimeout(job, ms, ...more)
	}
	atEnd(() => (globalThis.setTimeout = setTimeout))
	return lengths
}

test('a Retry-After of weeks waits an hour, and no timer is longer than a timer can be', async () => {
	const { server, atom } = await setUp()
	const todos = atom({ interval: Infinity })
	await synced(todos)
	const lengths = timers()
	server.fault = () => ({ status: 503, type: 'text/html', body: '', headers: { 'Retry-After': '3000000' } })
	await todos.sync().catch(() => {})
	await until(() => lengths.includes(HOUR))
	server.fault = () => undefined
	server.tokens = {}
	await todos.sync().catch(() => {})
	await until(() => todos.status.state === 'unauthorized')
	assert.ok(lengths.includes(2 ** 31 - 1), 'for the interval')
	assert.ok(lengths.every((ms) => ms < 2 ** 31), `${Math.max(...lengths)}`)
})

for (const interval of [0, -1, NaN])
	test(`an interval of ${interval} is the usual one`, async () => {
		const { server, atom } = await setUp()
		const lengths = timers()
		server.fault = (_request, path) => (path === '/events' ? 'drop' : undefined)
		await synced(atom({ interval, storage: 'memory' }))
		assert.ok(lengths.includes(30_000), lengths.join())
	})
