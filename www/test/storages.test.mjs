// The storages for programs and for React Native: what was not sent survives a restart.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
	appendFileSync, existsSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, realpathSync, rmSync, symlinkSync, writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { Worker } from 'node:worker_threads'
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
	assert.match(readFileSync(`${path}.lock`, 'utf8'), new RegExp(`^${process.pid}\n`))
})

/** Two storages that are opened at once; resolves to which of them were refused. */
async function both(...storages) {
	const opened = await Promise.allSettled(storages.map((storage) => storage.open('one', () => {})))
	return opened.map(({ reason }) => reason?.message)
}

test('file: of two storages made right after the other one is refused, and writes nothing', async () => {
	const { server, atom } = await setUp()
	await server.stop()
	const path = join(folder, 'two.db')
	const [first, second] = [atom({ storage: fileStorage(path) }), atom({ storage: fileStorage(path) })]
	await until(() => second.status.state === 'storage-degraded')
	assert.match(second.status.lastError.message, /two\.db is open already/)
	for (let n = 0; n < 5; n++) {
		await first.swap(assoc, `todos:${n}`, n).local
		await assert.rejects(second.swap(assoc, `todos:of-second-${n}`, n).local, { code: 'storage' })
	}
	await second.logout({ force: true }).catch(() => {})
	await first.swap(assoc, 'todos:5', 5).local
	await second.destroy()
	await first.destroy()
	const next = atom({ storage: fileStorage(path) })
	await next.ready
	for (let n = 0; n < 6; n++) assert.equal(next.deref().get(`todos:${n}`), n)
})

test('file: the spellings of a path are one file', async () => {
	const real = join(folder, 'real')
	mkdirSync(real)
	symlinkSync(real, join(folder, 'linked'))
	symlinkSync('real/one.db', join(folder, 'link.db'))
	for (const other of [`${real}/../real/./one.db`, relative(process.cwd(), join(real, 'one.db')), join(folder, 'linked/one.db'), join(folder, 'link.db')])
		for (const names of [[join(real, 'one.db'), other], [other, join(real, 'one.db')]]) {
			const storages = names.map((name) => fileStorage(name))
			assert.deepEqual((await both(...storages)).filter(Boolean), [`${join(realpathSync(real), 'one.db')} is open already`], other)
			for (const storage of storages) storage.close()
		}
	await until(() => !existsSync(join(real, 'one.db.lock')))
	assert.ok(lstatSync(join(folder, 'link.db')).isSymbolicLink(), 'a link stays one')
})

const THREAD = `
	const { parentPort, workerData: { module, path, at } } = require('node:worker_threads')
	import(module).then(async ({ fileStorage }) => {
		parentPort.postMessage('ready')
		Atomics.wait(at, 0, 0)
		const refused = await fileStorage(path).open('one', () => {}).then(() => null, (error) => error.message)
		parentPort.postMessage({ refused })
		setInterval(() => {}, 1000)
	})`

/** Threads that open a path at once, and why each was refused. */
async function threads(path, count, t) {
	const at = new Int32Array(new SharedArrayBuffer(4))
	const workers = Array.from({ length: count }, () => new Worker(THREAD, { eval: true, workerData: { module: pathToFileURL(join(folder, 'file.mjs')).href, path, at } }))
	t.after(() => Promise.all(workers.map((worker) => worker.terminate())))
	await Promise.all(workers.map((worker) => once(worker, 'message')))
	const answers = workers.map((worker) => once(worker, 'message'))
	Atomics.store(at, 0, 1)
	Atomics.notify(at, 0)
	return { workers, refused: (await Promise.all(answers)).map(([{ refused }]) => refused) }
}

test('file: the threads of a process are kept apart, until one ends', async (t) => {
	const path = join(folder, 'thread.db')
	const mine = fileStorage(path)
	await mine.open('one', () => {})
	assert.match((await threads(path, 1, t)).refused[0], /is open already/)
	await mine.write({ cursors: [['todos', '1']] })
	mine.close()
	await until(() => !existsSync(`${path}.lock`))
	const { workers: [worker], refused } = await threads(path, 1, t)
	assert.deepEqual(refused, [null])
	const again = fileStorage(path)
	await assert.rejects(again.open('one', () => {}), /is open already/)
	await worker.terminate()
	await again.open('one', () => {})
	assert.equal(await again.cursor('todos'), '1')
	again.close()
})

test('file: of several that find the lock of a killed process, one has the file', async (t) => {
	for (const [name, left] of [['pid', '4194305\n5\nx\n'], ['own', `${process.pid}\n7\nx\n`], ['old', `${process.pid}\n`]]) {
		const path = join(folder, `left-${name}.db`)
		writeFileSync(`${path}.lock`, left)
		const { refused } = await threads(path, 4, t)
		assert.equal(refused.filter((why) => why === null).length, 1, `${name}: ${refused}`)
		assert.deepEqual(readdirSync(folder).filter((file) => file.startsWith(`left-${name}.db.lock.`)), [])
	}
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
