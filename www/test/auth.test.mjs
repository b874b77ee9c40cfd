// Tokens, users, and the end of a session.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assoc, get, setUp, until } from './harness.mjs'

const synced = (atom) => until(() => atom.status.state === 'synced' && !atom.status.pending, 'synced')
const all = { groups: { '*': 'rw' } }

test('401 pauses the loop, and a new token resumes it', async () => {
	const { server, atom } = await setUp()
	server.tokens = { good: all }
	const todos = atom({ token: 'bad', interval: 20 })
	await until(() => todos.status.state === 'unauthorized')
	assert.equal(todos.status.lastError.status, 401)
	todos.swap(assoc, 'todos:1', 'waits')
	const requests = server.log.length
	await todos.sync().catch(() => {})
	await new Promise((done) => setTimeout(done, 100))
	assert.ok(server.log.length <= requests + 4, 'it does not go on asking')
	assert.equal(todos.status.pending, 1)
	todos.setToken('good')
	await synced(todos)
	assert.equal(server.value('todos:1'), 'waits')
	assert.equal(server.log.at(-1).token, 'Bearer good')
})

test('what cannot be a token is told at once', async () => {
	const { server, atom } = await setUp()
	const todos = atom({ token: 'pbk_…' })
	await until(() => todos.status.state === 'unauthorized')
	assert.equal(server.log.length, 0)
})

test('a token that is revoked in mid-session pauses it, and no edit is lost', async () => {
	const { server, atom } = await setUp()
	server.tokens = { first: all }
	const todos = atom({ token: 'first' })
	await todos.swap(assoc, 'todos:1', 1).server
	server.tokens = { second: all }
	server.dropStreams()
	await until(() => todos.status.state === 'unauthorized')
	todos.swap(assoc, 'todos:2', 2)
	todos.setToken('second')
	await synced(todos)
	assert.equal(server.value('todos:2'), 2)
})

test('a function that gives tokens is asked anew, also while it is paused', async () => {
	const { server, atom } = await setUp()
	server.tokens = { fresh: all }
	let token = 'stale'
	const todos = atom({ token: async () => token, interval: 20 })
	await until(() => todos.status.state === 'unauthorized')
	token = 'fresh'
	await synced(todos)
})

/** The states that the atom shows from now on. */
function statesOf(atom) {
	const states = []
	atom.onStatus(({ state }) => states.push(state))
	return states
}

test('the end of a stream says why: a revoked token shows at once, and the server is never thought to be away', async () => {
	const { server, atom } = await setUp()
	server.tokens = { first: all }
	const todos = atom({ token: 'first', interval: 60_000 })
	await synced(todos)
	const states = statesOf(todos)
	server.tokens = {}
	server.endStreams('unauthorized')
	await until(() => todos.status.state === 'unauthorized')
	assert.ok(!states.includes('offline'), states.join())
	server.tokens = { second: all }
	todos.setToken('second')
	await synced(todos)
})

test('the end of a stream says why: after a token has expired its function gives another', async () => {
	const { server, atom } = await setUp()
	server.tokens = { first: all, second: all }
	let token = 'first'
	const todos = atom({ token: () => token, interval: 60_000 })
	await synced(todos)
	const states = statesOf(todos)
	delete server.tokens.first
	token = 'second'
	server.endStreams('expired')
	await until(() => server.streams && server.log.at(-1).token === 'Bearer second')
	await synced(todos)
	server.put('todos:1', 'live')
	await until(() => get(todos, 'todos:1') === 'live')
	assert.ok(!states.includes('offline') && !states.includes('unauthorized'), states.join())
})

test('the end of a stream says why: of a group that the token has lost, and of those that it keeps', async () => {
	const { server, atom } = await setUp()
	server.tokens = { mine: { groups: { todos: 'rw', notes: 'rw' } } }
	const todos = atom({ token: 'mine', interval: 60_000 })
	const notes = atom({ token: 'mine', group: 'notes', interval: 60_000 })
	await Promise.all([synced(todos), synced(notes)])
	const states = statesOf(todos)
	delete server.tokens.mine.groups.notes
	server.endStreams('forbidden')
	await until(() => notes.status.state === 'unauthorized')
	await synced(todos)
	server.put('todos:1', 'live')
	await until(() => get(todos, 'todos:1') === 'live')
	assert.ok(!states.includes('offline') && !states.includes('unauthorized'), states.join())
})

test('after an end for another reason, known or not, the stream is opened again', async () => {
	const { server, atom } = await setUp()
	const todos = atom({ interval: 60_000 })
	for (const code of ['slow', 'draining', 'moved']) {
		await until(() => server.streams)
		await synced(todos)
		server.endStreams(code)
		server.put('todos:1', code)
		await until(() => get(todos, 'todos:1') === code)
	}
})

test('an atom knows the user of its token and whether it may write, in all tabs and after a reload', async () => {
	const { server, atom, tab } = await setUp()
	server.tokens = { reads: { user: 'ann', groups: { todos: 'ro', notes: 'rw' } }, writes: { user: 'ann', groups: { todos: 'rw' } } }
	const todos = atom({ token: 'reads' })
	const notes = atom({ token: 'reads', group: 'notes' })
	assert.deepEqual([todos.user, todos.writable], [null, true], 'not known yet')
	const told = []
	todos.onStatus(() => told.push(todos.writable))
	await until(() => todos.user === 'ann' && notes.user === 'ann')
	assert.deepEqual([todos.writable, notes.writable], [false, true])
	assert.equal(told.at(-1), false)
	const other = await tab({ token: 'reads' })
	await until(() => other.user === 'ann' && !other.writable)
	for (const one of [other, notes, todos]) await one.destroy()
	await server.stop()
	const again = atom({ token: 'writes' })
	await again.ready
	assert.deepEqual([again.user, again.writable], ['ann', false], 'as it was')
	await server.start()
	await until(() => again.writable)
})

test('a server that does not say who it is leaves everything allowed', async () => {
	const { server, atom } = await setUp()
	const todos = atom()
	await until(() => server.streams)
	await synced(todos)
	assert.deepEqual([todos.user, todos.writable], [null, true])
})

test('a group outside the token is told, and does not stop the others', async () => {
	const { server, atom } = await setUp()
	server.tokens = { some: { groups: { todos: 'rw' } } }
	const todos = atom({ token: 'some' })
	const secret = atom({ token: 'some', group: 'secret' })
	await until(() => secret.status.state === 'unauthorized' && secret.status.lastError.code === 'forbidden')
	await synced(todos)
	assert.equal(todos.status.lastError.code, 'forbidden', 'each atom names a refused group')
	await assert.rejects(secret.sync(), { code: 'forbidden', status: 403 })
	await todos.sync()
	server.put('todos:1', 'x')
	await until(() => get(todos, 'todos:1'))
	await todos.swap(assoc, 'todos:2', 'y').server
	assert.equal(secret.deref().size, 0)
	secret.swap(assoc, 'secret:1', 'waits')
	assert.deepEqual([todos.status.pending, secret.status.pending], [0, 1])
	server.tokens.more = all
	server.put('secret:2', 's')
	todos.setToken('more')
	await until(() => get(secret, 'secret:2'))
	await synced(todos)
	await synced(secret)
	assert.deepEqual([server.value('secret:1'), todos.status.lastError], ['waits', null])
})

test('a group that the server allows later: sync asks again, and the stream has it', async () => {
	const { server, atom } = await setUp()
	server.tokens = { some: { groups: { todos: 'rw' } } }
	const todos = atom({ token: 'some', interval: 3_600_000 })
	const later = atom({ token: 'some', group: 'later', interval: 3_600_000 })
	await until(() => later.status.state === 'unauthorized')
	server.tokens.some = all
	await later.sync()
	await synced(todos)
	await synced(later)
	await until(() => server.log.at(-1) && server.streams === 1)
	server.put('later:1', 'x')
	await until(() => get(later, 'later:1'))
})

test('many refused groups cost a few requests each, whatever the token function gives', async () => {
	const { server, atom } = await setUp()
	server.tokens = new Proxy({}, { get: () => ({ groups: { g0: 'rw' } }) })
	let calls = 0
	const atoms = Array.from({ length: 40 }, (_, i) => atom({ group: `g${i}`, token: () => `token-${++calls}`, interval: 3_600_000 }))
	await until(() => atoms.slice(1).every(({ status }) => status.state === 'unauthorized'))
	await synced(atoms[0])
	server.put('g0:1', 'x')
	await until(() => get(atoms[0], 'g0:1'))
	assert.ok(server.log.length < 300, `${server.log.length} requests`)
})

test('a new token reaches the other tabs', async () => {
	const { server, tab } = await setUp()
	server.tokens = { good: all }
	const one = await tab({ token: 'bad' })
	const two = await tab({ token: 'bad' })
	await until(() => one.status.state === 'unauthorized' && two.status.state === 'unauthorized')
	two.setToken('good')
	await synced(one)
	await synced(two)
})

test('logout refuses while writes are pending, and else leaves nothing on the device', async () => {
	const { server, atom } = await setUp()
	const todos = atom()
	await todos.swap(assoc, 'todos:1', 'x').server
	await synced(todos)
	await server.stop()
	await until(() => todos.status.state === 'offline')
	const { server: sent } = todos.swap(assoc, 'todos:2', 'y')
	await assert.rejects(todos.logout(), { code: 'pending' })
	assert.equal(todos.deref().size, 2)
	const rejected = assert.rejects(sent, { code: 'destroyed' })
	await todos.logout({ force: true })
	await rejected
	assert.equal(todos.deref().size, 0)
	assert.throws(() => todos.swap(assoc, 'todos:3', 'z'), { code: 'destroyed' })
	const again = atom()
	await again.ready
	assert.equal(again.deref().size, 0)
	assert.equal(again.status.pending, 0)
	await server.start()
	await until(() => get(again, 'todos:1'))
})

test('logout ends the other tabs too', async () => {
	const { tab } = await setUp()
	const one = await tab()
	const two = await tab()
	await one.swap(assoc, 'todos:1', 'x').server
	await until(() => get(two, 'todos:1'))
	await one.logout()
	await until(() => two.deref().size === 0)
	assert.throws(() => two.swap(assoc, 'todos:1', 'y'), { code: 'destroyed' })
})

test('users of one device do not see each other', async () => {
	const { server, atom, user } = await setUp()
	await server.stop()
	const ada = atom({ user: user + ' ada' })
	await ada.swap(assoc, 'todos:1', "Ada's").local
	const bob = atom({ user: user + ' bob' })
	await bob.ready
	assert.equal(bob.deref().size, 0)
	assert.equal(bob.status.pending, 0)
	await server.start()
	await synced(ada)
})
