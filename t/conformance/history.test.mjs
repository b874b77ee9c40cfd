// The library and the server agree about histories: who wrote what, going back, undo.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { startServer } from '../page/server.mjs'

const path = (name) => fileURLToPath(new URL(name, import.meta.url))
before(() => assert.equal(spawnSync('npm', ['--prefix', path('../../www'), 'run', '--silent', 'package']).status, 0))

async function setUp(t, options) {
	const server = await startServer({ options: ['--history', '20'] })
	t.after(() => server.close())
	const { SyncedAtom, assoc, dissoc } = await import('../../www/package/client/index.js')
	const { ChangedSince } = await import('../../www/package/client/history.js')
	const open = (user) => {
		const atom = new SyncedAtom({ url: server.url, group: 'todos', storage: 'memory', user, ...options })
		t.after(() => atom.destroy())
		return atom
	}
	const [ann, bob] = [open('ann'), open('bob')]
	await Promise.all([ann.sync(), bob.sync()])
	return { ann, bob, assoc, dissoc, ChangedSince }
}

for (const name of ['json', 'transit'])
	test(`versions are listed, and come back, in ${name}`, async (t) => {
		const codec = name === 'json' ? name : (await import('../../www/package/client/transit.js')).transit
		const { ann, assoc, dissoc } = await setUp(t, { codec })
		await ann.swap(assoc, 'todos:1', { title: 'one' }).server
		await ann.swap(assoc, 'todos:1', { title: 'two' }).server
		await ann.swap(dissoc, 'todos:1').server
		const { versions, more } = await ann.history('todos:1')
		const title = (value) => value?.title ?? value?.get?.('title')
		assert.deepEqual(versions.map(({ version, value }) => [version, title(value)]), [[3, undefined], [2, 'two'], [1, 'one']])
		assert.equal(more, false)
		assert.ok(versions[0].at instanceof Date && versions[0].by === null)
		assert.deepEqual((await ann.history('todos:1', { before: 3, limit: 1 })).more, true)
		assert.equal((await ann.meta('todos:1')).version, 3)
		assert.equal(await ann.meta('todos:2'), undefined)
		await (await ann.revert('todos:1', 1)).server
		assert.equal(title(ann.deref().get('todos:1')), 'one')
		assert.equal((await ann.meta('todos:1')).version, 4)
		await assert.rejects(ann.revert('todos:1', 9), { code: 'not-found' })
		await assert.rejects(ann.history('notes'), { code: 'bad-request' })
	})

test('undo and redo take back what was done here, and nothing of others', async (t) => {
	const { ann, bob, assoc, dissoc, ChangedSince } = await setUp(t)
	assert.equal(await ann.undo(), undefined)
	await ann.swap(assoc, 'todos:1', 'one').server
	await ann.swap(assoc, 'todos:1', 'two').server
	await ann.swap(dissoc, 'todos:1').server
	await (await ann.undo()).server
	assert.equal(ann.deref().get('todos:1'), 'two')
	await (await ann.undo()).server
	assert.equal(ann.deref().get('todos:1'), 'one')
	assert.deepEqual([ann.canUndo, ann.canRedo], [true, true])
	await (await ann.redo()).server
	assert.equal(ann.deref().get('todos:1'), 'two')
	await bob.sync()
	await bob.swap(assoc, 'todos:1', 'of bob').server
	await ann.sync()
	await assert.rejects(ann.undo(), (error) => error instanceof ChangedSince && error.id === 'todos:1' && error.version === 7 && error.value === 'of bob')
	assert.equal(ann.deref().get('todos:1'), 'of bob')
	await (await ann.undo({ force: true })).server
	assert.equal(ann.deref().get('todos:1'), 'one')
	await ann.swap(assoc, 'todos:2', 'new').server
	assert.equal(ann.canRedo, false)
	await bob.sync()
	assert.equal(bob.deref().get('todos:1'), 'one')
})
