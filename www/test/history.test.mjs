// Histories and undo: `pocketbook/history`, as it is served.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assoc, get, openTab, openTabWith, setUp, until } from './harness.mjs'

test('without the module there is none of it', async () => {
	const { SyncedAtom } = await openTab()
	for (const name of ['meta', 'history', 'revert', 'undo', 'redo', 'canUndo']) assert.ok(!(name in SyncedAtom.prototype), name)
})

test('it asks the server, page by page and with the schema, and goes back', async () => {
	const { server, atom } = await setUp()
	const todos = atom({ schema: 3 }, (await openTabWith('history')).SyncedAtom)
	await todos.sync()
	for (const title of ['one', 'two', 'three']) await todos.swap(assoc, 'todos:1', { title }).server
	const { versions: [newest], more } = await todos.history('todos:1', { limit: 1 })
	assert.deepEqual([newest.version, newest.value, newest.by, newest.damaged, more], [3, { title: 'three' }, null, false, true])
	assert.ok(newest.at instanceof Date)
	assert.equal(server.log.at(-1).url, '/history?id=todos%3A1&limit=1&schema=3')
	const older = await todos.history('todos:1', { before: 3 })
	assert.deepEqual([older.versions.map(({ version }) => version), older.more], [[2, 1], false])
	assert.equal((await todos.meta('todos:1')).version, 3)
	assert.equal(await todos.meta('todos:none'), undefined)
	await (await todos.revert('todos:1', 1)).server
	assert.deepEqual([get(todos, 'todos:1'), server.docs.get('todos:1').version], [{ title: 'one' }, 4])
	await assert.rejects(todos.revert('todos:1', 9), { code: 'not-found' })
})

test('undo and redo beside updates: a transaction is one change, others\' writes stay', async () => {
	const { server, atom } = await setUp()
	const { SyncedAtom, ChangedSince } = await openTabWith('updates', 'history')
	const todos = atom({}, SyncedAtom)
	await todos.sync()
	await todos.transact((map) => new Map(map).set('todos:a', 1).set('todos:b', 2)).server
	assert.deepEqual([todos.canUndo, todos.canRedo], [true, false])
	await (await todos.undo()).server
	assert.deepEqual([server.value('todos:a'), server.value('todos:b'), todos.canUndo, todos.canRedo], [undefined, undefined, false, true])
	await (await todos.redo()).server
	assert.deepEqual([server.value('todos:a'), server.value('todos:b')], [1, 2])
	server.put('todos:b', 'of another')
	await todos.sync()
	await assert.rejects(todos.undo(), (error) => error instanceof ChangedSince && error.id === 'todos:b' && error.version === 4 && error.value === 'of another')
	assert.deepEqual([get(todos, 'todos:a'), get(todos, 'todos:b')], [1, 'of another'])
	await (await todos.undo({ force: true })).server
	assert.equal(server.docs.get('todos:b').deleted, true)
})

test('with the option meta the device knows who wrote a document, offline and when it is opened again', async () => {
	const { server, atom } = await setUp()
	const { SyncedAtom } = await openTabWith('history')
	const asked = () => server.log.filter(({ url }) => url.startsWith('/history')).length
	server.by = 'bob'
	server.put('todos:1', 'of bob')
	server.put('todos:2', 'too')
	const first = atom({ meta: true }, SyncedAtom)
	await first.sync()
	const at = new Date('2030-01-31T12:00:00Z')
	assert.deepEqual(await first.meta('todos:1'), { version: 1, by: 'bob', at })
	for (const { url, method } of server.log) if (method === 'GET') assert.match(url, /[?&]meta=1/)
	// A notice comes after what is known of the change.
	const told = new Promise((resolve) => first.watchDoc('todos:1', () => resolve(first.meta('todos:1'))))
	server.by = 'ann'
	server.put('todos:1', 'of ann')
	assert.deepEqual(await told, { version: 2, by: 'ann', at })
	const { server: sent } = first.swap(assoc, 'todos:2', 'mine')
	assert.deepEqual(await first.meta('todos:2'), { version: 1, by: first.user, at: null, unsent: true })
	assert.equal(asked(), 0)
	await sent
	await until(() => first.status.state === 'synced' && first.status.pending === 0)
	await first.sync()
	assert.equal((await first.meta('todos:2')).by, 'ann')
	assert.equal(asked(), 0)
	await first.destroy()
	await server.stop()
	const again = atom({ meta: true }, SyncedAtom)
	assert.deepEqual(await again.meta('todos:1'), { version: 2, by: 'ann', at })
	assert.deepEqual(await again.meta('todos:2'), { version: 2, by: 'ann', at })
	await assert.rejects(again.meta('todos:3'), { code: 'offline' })
	await again.swap(assoc, 'todos:1', 'offline').local
	assert.equal((await again.meta('todos:1')).unsent, true)
})

test('what is kept of another version is not shown: the server is asked', async () => {
	const { server, atom } = await setUp()
	const { SyncedAtom } = await openTabWith('history')
	server.by = 'bob'
	server.put('todos:1', 'of bob')
	const first = atom({ meta: true }, SyncedAtom)
	await first.sync()
	await first.destroy()
	// A client without the option, of the same user.
	const plain = atom()
	await plain.sync()
	server.by = undefined
	server.put('todos:1', 'of somebody')
	await until(() => get(plain, 'todos:1') === 'of somebody')
	await plain.destroy()
	const again = atom({ meta: true }, SyncedAtom)
	await again.sync()
	const { version, by } = await again.meta('todos:1')
	assert.deepEqual([version, by, server.log.at(-1).url.split('?')[0]], [2, null, '/history'])
})
