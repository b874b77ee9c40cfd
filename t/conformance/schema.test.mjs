// The library and the server agree about schemas: an app that is too old stops and
// keeps its writes, and its successor goes on.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { pull, startServer } from '../page/server.mjs'

const path = (name) => fileURLToPath(new URL(name, import.meta.url))
before(() => assert.equal(spawnSync('npm', ['--prefix', path('../../www'), 'run', '--silent', 'package']).status, 0))

async function until(condition) {
	for (const end = Date.now() + 60_000; !(await condition());) {
		assert.ok(Date.now() < end, String(condition))
		await new Promise((done) => setTimeout(done, 20))
	}
}

test('an app of an older schema stops and keeps its writes; a newer one goes on', async (t) => {
	const server = await startServer({ options: ['--min-schema', 'todos=3'] })
	t.after(() => server.close())
	const { SyncedAtom } = await import('../../www/package/client/index.js')
	const { fileStorage } = await import('../../www/package/adapters/file.js')
	const { mkdtempSync, rmSync } = await import('node:fs')
	const folder = mkdtempSync('/tmp/pocketbook-schema-')
	t.after(() => rmSync(folder, { recursive: true }))
	const open = (schema) => new SyncedAtom({ url: server.url, group: 'todos', schema, storage: fileStorage(`${folder}/atom`) })
	const old = open(2)
	await old.swap((docs) => new Map(docs).set('todos:1', 'kept')).local
	await until(() => old.status.state === 'upgrade-required')
	assert.equal(old.status.pending, 1)
	assert.equal((await pull(server, 'todos&schema=3')).size, 0)
	await old.destroy()
	const renewed = open(3)
	await until(() => renewed.status.state === 'synced' && !renewed.status.pending)
	assert.deepEqual([...(await pull(server, 'todos&schema=3')).values()], ['kept'])
	await renewed.destroy()
})
