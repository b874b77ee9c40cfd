// The storages for programs and for React Native: what was not sent survives a restart.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { assoc, dissoc, setUp, until } from './harness.mjs'

const folder = mkdtempSync(join(tmpdir(), 'pocketbook-storages-'))
after(() => rmSync(folder, { recursive: true, force: true }))
const adapter = (name) => fileURLToPath(new URL(`../adapters/${name}.ts`, import.meta.url))
await build({ entryPoints: { file: adapter('file'), async: adapter('async-storage') }, outdir: folder, outExtension: { '.js': '.mjs' }, bundle: true, format: 'esm', platform: 'node' })
const load = (name) => import(pathToFileURL(join(folder, name)))
const { fileStorage } = await load('file.mjs')
const { asyncStorage } = await load('async.mjs')

/** What React Native has, with a delay for each call. */
function device(rows = new Map()) {
	const later = (value) => new Promise((resolve) => setImmediate(() => resolve(value)))
	return {
		rows,
		getAllKeys: () => later([...rows.keys()]),
		multiGet: (keys) => later(keys.map((key) => [key, rows.get(key) ?? null])),
		multiSet: (pairs) => later().then(() => pairs.forEach(([key, text]) => rows.set(key, text))),
		multiRemove: (keys) => later().then(() => keys.forEach((key) => rows.delete(key))),
	}
}

let files = 0
const kinds = {
	file: () => {
		const path = join(folder, `${++files}.db`)
		return () => fileStorage(path)
	},
	'AsyncStorage': () => {
		const store = device()
		return () => asyncStorage(store)
	},
}

for (const [kind, make] of Object.entries(kinds))
	test(`${kind}: documents, unsent writes and the cursor survive a restart`, async () => {
		const { server, atom } = await setUp()
		const storage = make()
		server.put('todos:1', 'of the server')
		server.put('todos:2', 'to remove')
		const first = atom({ storage: storage() })
		await first.sync()
		await first.swap(dissoc, 'todos:2').server
		await server.stop()
		await first.swap(assoc, 'todos:3', 'once').local
		await first.swap(assoc, 'todos:3', 'unsent').local
		await first.destroy()
		const second = atom({ storage: storage() })
		await second.ready
		assert.deepEqual([...second.deref()].sort(), [['todos:1', 'of the server'], ['todos:3', 'unsent']])
		assert.deepEqual([second.status.pending, second.status.lastPull > 0], [1, true])
		await second.synced
		await server.start()
		await second.sync()
		assert.equal(server.docs.get('todos:3').value, 'unsent')
		await second.destroy()
		const third = atom({ storage: storage() })
		await third.ready
		assert.deepEqual([third.deref().size, third.status.pending], [2, 0])
		await server.stop()
		await third.logout()
		const fourth = atom({ storage: storage() })
		await fourth.ready
		assert.equal(fourth.deref().size, 0)
	})

test('file: a line that was cut off by a crash loses no other', async () => {
	const { server, atom } = await setUp()
	await server.stop()
	const path = join(folder, 'torn.db')
	const first = atom({ storage: fileStorage(path) })
	await first.swap(assoc, 'todos:1', 'kept').local
	await first.destroy()
	appendFileSync(path, '[["docs","todos:2",{"id":"todos:2","ver')
	const second = atom({ storage: fileStorage(path) })
	await second.swap(assoc, 'todos:3', 'after').local
	assert.equal(second.status.state === 'storage-degraded', false)
	await second.destroy()
	const third = atom({ storage: fileStorage(path) })
	await third.ready
	assert.deepEqual([...third.deref().keys()].sort(), ['todos:1', 'todos:3'])
})

test('file: it is of one server and user, and of one process at a time', async () => {
	const { atom } = await setUp()
	const path = join(folder, 'one.db')
	const first = atom({ storage: fileStorage(path) })
	await first.ready
	const beside = atom({ storage: fileStorage(path) })
	await until(() => beside.status.state === 'storage-degraded')
	assert.match(beside.status.lastError.message, /is open already/)
	await beside.destroy()
	await first.destroy()
	await until(() => !existsSync(`${path}.lock`))
	const other = atom({ storage: fileStorage(path), user: 'another' })
	await until(() => other.status.state === 'storage-degraded')
	assert.match(other.status.lastError.message, /of another server, user or codec/)
	await other.destroy()

	const holder = spawn(process.execPath, ['-e', 'process.stdin.resume()'], { stdio: ['pipe', 'ignore', 'ignore'] })
	await once(holder, 'spawn')
	writeFileSync(`${path}.lock`, `${holder.pid}\n`)
	const locked = atom({ storage: fileStorage(path) })
	await until(() => locked.status.state === 'storage-degraded')
	assert.match(locked.status.lastError.message, new RegExp(`used by process ${holder.pid}`))
	await locked.destroy()
	const ended = once(holder, 'exit')
	holder.kill('SIGKILL')
	await ended
	const next = atom({ storage: fileStorage(path) })
	await next.swap(assoc, 'todos:1', 'x').local
	assert.notEqual(next.status.state, 'storage-degraded', 'a lock that a killed process has left does not count')
	assert.equal(readFileSync(`${path}.lock`, 'utf8'), `${process.pid}\n`)
})

test('AsyncStorage: two users and the app\'s own keys stay apart', async () => {
	const { atom } = await setUp()
	const store = device(new Map([['app', 'own']]))
	const [ann, bob] = ['ann', 'bob'].map((user) => atom({ storage: asyncStorage(store), user }))
	await ann.swap(assoc, 'todos:1', "ann's").local
	await bob.swap(assoc, 'todos:1', "bob's").local
	await bob.logout({ force: true })
	assert.equal(store.rows.get('app'), 'own')
	await ann.destroy()
	const again = atom({ storage: asyncStorage(store), user: 'ann' })
	await again.ready
	assert.equal(again.deref().get('todos:1'), "ann's")
	assert.ok(![...store.rows.keys()].some((key) => key.includes('bob')))
})
