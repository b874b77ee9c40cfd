// The part of the library that is loaded later: when, and what a tab without it does.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assoc, get, openTabAlone, setUp, until } from './harness.mjs'

const synced = (...atoms) => until(() => atoms.every((atom) => atom.status.state === 'synced' && !atom.status.pending), 'synced')
const has = ({ extension }) => until(() => extension.problem, 'it is loaded')

test('a tab that does not lead loads it too, and can lead when the server has that of another version', async () => {
	const { server, tab, atom } = await setUp()
	const one = await tab()
	await synced(one)
	const alone = await openTabAlone()
	const two = atom({}, alone.SyncedAtom)
	await synced(two)
	await has(alone)
	await alone.replace()
	await one.destroy()
	await two.swap(assoc, 'todos:1', 'a').server
	assert.equal(server.value('todos:1'), 'a')
})

test('a tab that was opened while the server was away loads it then', async () => {
	const { server, atom } = await setUp()
	await server.stop()
	const alone = await openTabAlone()
	const todos = atom({}, alone.SyncedAtom)
	await has(alone)
	await alone.replace()
	const written = todos.swap(assoc, 'todos:1', 'a').server
	await server.start()
	await written
	await synced(todos)
})

test('a tab that finds another version on the server says not-loaded, goes on reading, and keeps its writes', async () => {
	const { server, atom } = await setUp()
	const alone = await openTabAlone()
	await alone.replace()
	const todos = atom({}, alone.SyncedAtom)
	const { local } = todos.swap(assoc, 'todos:1', 'a')
	await local
	await until(() => todos.status.lastError?.code === 'not-loaded')
	server.put('todos:2', 'from afar')
	await until(() => get(todos, 'todos:2'))
	assert.equal(todos.status.pending, 1)
	await alone.replace(alone.later)
	await synced(todos)
	assert.equal(server.value('todos:1'), 'a')
})

test('a tab that loses the lead while it is loaded does not apply the snapshot that it has read', async () => {
	const { server, tab, atom, user } = await setUp()
	const before = await tab()
	await before.swap(assoc, 'todos:1', 'old').server
	await before.destroy()
	server.put('todos:1', 'new')
	server.restore(server.snapshot())
	const alone = await openTabAlone()
	await alone.replace(`await new Promise((done) => (globalThis.goOn = done))\n${alone.later}`)
	const todos = atom({}, alone.SyncedAtom)
	await until(() => globalThis.goOn)
	let release
	void navigator.locks.request(`pocketbook ${server.url} ${user} json:todos`, { steal: true }, () => new Promise((done) => (release = done)))
	await until(() => release)
	globalThis.goOn()
	await has(alone)
	assert.equal(get(todos, 'todos:1'), 'old')
	release()
	await until(() => get(todos, 'todos:1') === 'new')
})
