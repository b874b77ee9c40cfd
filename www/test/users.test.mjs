// Several users of one device: side by side, and never under each other's name.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assoc, get, setUp, until } from './harness.mjs'

const synced = (atom) => until(() => atom.status.state === 'synced' && !atom.status.pending, 'synced')
const all = { groups: { '*': 'rw' } }
const pushes = (server) => server.log.filter(({ method }) => method === 'POST').map(({ token, body }) => [token, ...JSON.parse(body).docs.map(({ value }) => value)])

/** A server that takes the tokens of Ada and of Bob, and what makes atoms of theirs. */
async function withUsers() {
	const { server, atom, tab, user } = await setUp()
	server.tokens = { 'token-ada': all, 'token-bob': all }
	const of = (make) => (name, options) => make({ user: `${user} ${name}`, token: `token-${name}`, ...options })
	return { server, atom: of(atom), tab: of(tab) }
}

test('what waits after a 401 goes under no other name, and is there when its user is back', async () => {
	const { server, atom } = await withUsers()
	let ada = atom('ada')
	await ada.swap(assoc, 'todos:1', 'sent').server
	delete server.tokens['token-ada']
	server.dropStreams()
	await until(() => ada.status.state === 'unauthorized')
	await ada.swap(assoc, 'todos:2', "Ada's, unsent").local
	await ada.destroy()
	const bob = atom('bob')
	await bob.swap(assoc, 'todos:3', "Bob's").server
	await synced(bob)
	assert.deepEqual(pushes(server), [['Bearer token-ada', 'sent'], ['Bearer token-bob', "Bob's"]])
	assert.equal(get(bob, 'todos:2'), undefined)
	await bob.destroy()
	server.tokens['token-ada'] = all
	ada = atom('ada')
	await ada.ready
	assert.equal(ada.status.pending, 1)
	assert.equal(get(ada, 'todos:2'), "Ada's, unsent")
	await synced(ada)
	assert.deepEqual(pushes(server).at(-1), ['Bearer token-ada', "Ada's, unsent"])
})

test('changing users loses nothing: conflicts and refused writes wait too', async () => {
	const { server, atom } = await withUsers()
	let ada = atom('ada')
	await synced(ada)
	await assert.rejects(ada.swap(assoc, 'todos:bad', { poison: true }).server)
	const written = ada.swap(assoc, 'todos:1', 'mine')
	server.put('todos:1', 'theirs')
	await assert.rejects(written.server, { code: 'conflict' })
	await ada.destroy()
	const bob = atom('bob')
	await synced(bob)
	assert.deepEqual([bob.conflicts, bob.rejected], [[], []])
	await bob.destroy()
	ada = atom('ada')
	await ada.ready
	assert.deepEqual([ada.conflicts[0].mine, ada.rejected[0].id], ['mine', 'todos:bad'])
})

test('tabs of different users share neither stream, nor messages, nor a leader', async () => {
	const { server, tab } = await withUsers()
	const ada = await tab('ada')
	const bob = await tab('bob')
	await synced(ada)
	await synced(bob)
	await until(() => server.streams === 2)
	const streams = server.log.filter(({ url }) => url.startsWith('/events'))
	assert.deepEqual(new Set(streams.map(({ token }) => token)), new Set(['Bearer token-ada', 'Bearer token-bob']))
	await server.stop()
	await until(() => ada.status.state === 'offline' && bob.status.state === 'offline')
	await ada.swap(assoc, 'todos:1', "Ada's").local
	await bob.swap(assoc, 'todos:2', "Bob's").local
	const another = await tab('ada')
	await another.ready
	assert.deepEqual([...another.deref().values()], ["Ada's"], 'another tab of hers has hers alone')
	assert.deepEqual([...bob.deref().values()], ["Bob's"])
	assert.deepEqual([ada.status.pending, bob.status.pending], [1, 1])
	await server.start()
	await until(() => server.docs.size === 2)
	assert.deepEqual(pushes(server).sort(), [['Bearer token-ada', "Ada's"], ['Bearer token-bob', "Bob's"]])
})

test('a new token and a logout reach the tabs of their user alone', async () => {
	const { server, tab } = await withUsers()
	const ada = await tab('ada')
	const hers = await tab('ada')
	const bob = await tab('bob')
	for (const atom of [ada, hers, bob]) await synced(atom)
	server.tokens['token-new'] = all
	hers.setToken('token-new')
	await until(() => server.log.some(({ token }) => token === 'Bearer token-new'))
	await synced(ada)
	await bob.swap(assoc, 'todos:1', "Bob's").server
	assert.deepEqual(pushes(server), [['Bearer token-bob', "Bob's"]])
	await until(() => get(ada, 'todos:1') && get(hers, 'todos:1'))
	await hers.logout()
	await until(() => !ada.deref().size)
	assert.throws(() => ada.swap(assoc, 'todos:2', 'x'), { code: 'destroyed' })
	await bob.swap(assoc, 'todos:2', "Bob's too").server
	assert.equal(bob.deref().size, 2)
})

test('several servers are several stores', async () => {
	const one = await withUsers()
	const two = await setUp()
	const ada = one.atom('ada')
	await ada.swap(assoc, 'todos:1', 'x').server
	const there = one.atom('ada', { url: two.server.url })
	await there.ready
	await synced(there)
	assert.equal(there.deref().size, 0)
	assert.equal(two.server.docs.size, 0)
})

test('nothing is left of a user who has logged out, also with other tabs open', async () => {
	const { atom, tab, user } = await setUp()
	const others = await indexedDB.databases()
	const one = atom()
	const two = await tab()
	await one.swap(assoc, 'todos:1', 'mine').server
	await until(() => get(two, 'todos:1'))
	const left = async () => (await indexedDB.databases()).filter(({ name }) => name.includes(user))
	assert.equal((await left()).length, 1)
	await one.logout()
	let names = await left()
	await until(() => (left().then((now) => (names = now)), !names.length))
	assert.equal(two.deref().size, 0)
	assert.throws(() => two.swap(assoc, 'todos:1', 'again'), { code: 'destroyed' })
	const again = atom()
	await again.swap(assoc, 'todos:2', 'new').server
	assert.deepEqual([...again.deref().keys()].sort(), ['todos:1', 'todos:2'], 'from the server')
	assert.ok(others.length < (await indexedDB.databases()).length)
})

test('a logout where the storage does not work says so, and takes nothing for removed', async () => {
	const { server, atom } = await setUp()
	const { indexedDB } = globalThis
	globalThis.indexedDB = undefined
	try {
		const none = atom()
		await none.ready
		await assert.rejects(none.logout(), { name: 'PocketbookError', code: 'storage', message: /^storage: .*'open'/ })
	} finally {
		globalThis.indexedDB = indexedDB
	}
	const nothing = async () => {}
	const broken = { open: nothing, write: nothing, close() {}, load: async () => ({ docs: [], put: [], conflicts: [] }), clear: async () => Promise.reject(new Error('the disk is gone')) }
	const todos = atom({ storage: broken })
	await todos.sync()
	await assert.rejects(todos.logout(), { name: 'PocketbookError', code: 'storage', message: 'storage: the disk is gone' })
	await todos.swap(assoc, 'todos:1', 'it goes on').server
	assert.equal(server.docs.get('todos:1').value, 'it goes on')
	broken.clear = nothing
	await todos.logout()
	assert.equal(todos.deref().size, 0)
})
