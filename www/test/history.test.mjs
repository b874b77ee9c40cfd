// Histories and undo: `pocketbook/history`, as it is served.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assoc, get, openTab, openTabWith, setUp } from './harness.mjs'

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
