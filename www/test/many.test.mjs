// Many documents: maps that share what they have in common, and the log on the device.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assoc, dissoc, get, setUp, until } from './harness.mjs'

const synced = (atom) => until(() => atom.status.state === 'synced' && !atom.status.pending, 'synced')
const asked = (request) => new Promise((resolve, reject) => Object.assign(request, { onsuccess: () => resolve(request.result), onerror: () => reject(request.error) }))
const numbered = (count, value = (i) => i) => new Map(Array.from({ length: count }, (_, i) => [`todos:${i}`, value(i)]))

/** Numbers from 0 to n - 1, the same for the same seed. */
function random(seed) {
	let state = seed
	return (n) => {
		state = (Math.imul(state, 1103515245) + 12345) >>> 0
		return Math.floor((state / 2 ** 32) * n)
	}
}

/** The database of a user, with `job` done to it. */
async function inDatabase(user, job) {
	const { name } = (await indexedDB.databases()).find((found) => found.name.includes(` ${user} `))
	const db = await asked(indexedDB.open(name))
	try {
		return await job(db)
	} finally {
		db.close()
	}
}

const log = (user) => inDatabase(user, (db) => asked(db.transaction('log').objectStore('log').getAll()))

test('assoc and dissoc make what copies of a Map would be, and leave what they were given', () => {
	for (const size of [10, 255, 256, 257, 1000]) {
		const below = random(size)
		let docs = numbered(size)
		const copy = new Map(docs)
		const versions = []
		for (let step = 0; step < 1500; step++) {
			const [id, other] = [`todos:${below(size + 20)}`, `todos:${below(size)}`]
			if (below(3)) {
				docs = assoc(docs, id, step)
				copy.set(id, step)
			} else {
				docs = dissoc(docs, id, other, id)
				for (const gone of [id, other]) copy.delete(gone)
			}
			if (step % 50 === 0) versions.push([docs, [...copy].sort()])
		}
		for (const [version, entries] of versions) {
			assert.deepEqual([...version].sort(), entries)
			assert.equal(version.size, entries.length)
			assert.deepEqual([...version.keys()].sort(), entries.map(([id]) => id))
			assert.deepEqual([...version.entries()].map(([, value]) => value), [...version.values()])
			const seen = []
			version.forEach((value, id) => seen.push([id, value]))
			assert.deepEqual(seen.sort(), entries)
			assert.ok(entries.every(([id, value]) => version.has(id) && version.get(id) === value))
			assert.ok(!version.has('todos:none'))
			assert.deepEqual([...new Map(version)].sort(), entries)
		}
	}
})

test('among many documents, what differs is written, and nothing else', async () => {
	const { server, atom } = await setUp()
	for (let i = 0; i < 600; i++) server.put(`todos:${i}`, i)
	const todos = atom()
	await until(() => todos.deref().size === 600)
	await synced(todos)
	const before = todos.deref()
	const pushed = () => server.log.filter(({ method }) => method === 'POST').flatMap(({ body }) => JSON.parse(body).docs)
	await todos.swap(assoc, 'todos:7', 'changed').server
	await todos.swap(dissoc, 'todos:8', 'todos:9').server
	await todos.swap(assoc, 'todos:new', 'added').server
	assert.deepEqual(pushed().map(({ id, value, deleted }) => [id, deleted ?? value]), [['todos:7', 'changed'], ['todos:8', true], ['todos:9', true], ['todos:new', 'added']])
	assert.deepEqual([todos.deref().size, before.size, before.get('todos:7'), before.has('todos:8')], [599, 600, 7, true])
	await todos.swap((docs) => docs).server
	await todos.swap(assoc, 'todos:7', 'changed').server
	await todos.swap((docs) => new Map(docs)).server
	assert.equal(pushed().length, 4)
	assert.throws(() => todos.swap(assoc, 'todos:10', undefined), /the id "todos:10" is undefined/)
	assert.throws(() => todos.swap(assoc, 'notes:1', 'x'), /not in the group/)
	assert.throws(() => todos.swap((docs) => new Map(docs).set('todos:8', undefined)), /the id "todos:8" is undefined/)
	// Back to an older one: all that was done since is undone.
	await todos.reset(before).server
	assert.deepEqual(pushed().slice(4).map(({ id, value, deleted }) => [id, deleted ?? value]).sort(), [['todos:7', 7], ['todos:8', 8], ['todos:9', 9], ['todos:new', true]])
	assert.deepEqual([...todos.deref()].sort(), [...before].sort())
	// More changes than a layer takes.
	for (let i = 0; i < 600; i++) todos.swap(assoc, `todos:${i}`, i + 1000)
	await synced(todos)
	for (let i = 0; i < 600; i++) assert.deepEqual([server.value(`todos:${i}`), get(todos, `todos:${i}`)], [i + 1000, i + 1000])
})

test('documents come in pages, and lie on the device in few entries', async () => {
	const { server, atom, user } = await setUp()
	for (let i = 0; i < 3000; i++) server.put(`todos:${i}`, i)
	const todos = atom()
	await until(() => todos.deref().size === 3000)
	await synced(todos)
	await todos.destroy()
	const entries = await log(user)
	assert.ok(entries.length < 30, `${entries.length} entries`)
	assert.deepEqual(entries.map(({ version }) => version.length), Array(15).fill(200))
	await server.stop()
	const again = atom()
	await again.ready
	assert.deepEqual(new Map(again.deref()), numbered(3000))
})

test('the log is written anew before it is much more than its documents, and opens with the last of each', async () => {
	const { server, atom, user } = await setUp()
	const todos = atom()
	await synced(todos)
	const long = 'x'.repeat(40_000)
	for (let round = 0; round < 30; round++) {
		todos.swap((docs) => new Map([...docs, ...numbered(30, (i) => `${round} ${i} ${long}`)]))
		await synced(todos)
	}
	await todos.swap(dissoc, 'todos:3', 'todos:4').server
	await synced(todos)
	const shown = [...todos.deref()].sort()
	await todos.destroy()
	const entries = await log(user)
	const kept = JSON.stringify(entries).length
	assert.ok(kept < 20 * 1_200_000, `${kept} characters are kept`)
	await server.stop()
	const again = atom()
	await again.ready
	assert.equal(again.deref().size, 28)
	assert.deepEqual([...again.deref()].sort(), shown)
})

test('many small changes do not make it slow to open', async () => {
	const { server, atom, user } = await setUp()
	const todos = atom()
	await synced(todos)
	for (let i = 0; i < 2500; i++) {
		server.put(`todos:${i % 10}`, i)
		if (i % 50 === 0) await until(() => get(todos, `todos:${i % 10}`) === i)
	}
	await until(() => get(todos, 'todos:9') === 2499)
	await todos.destroy()
	const entries = await log(user)
	assert.ok(entries.length < 2200, `${entries.length} entries`)
	await server.stop()
	const again = atom()
	await again.ready
	assert.deepEqual([...again.deref()].map(([, value]) => value).sort(), Array.from({ length: 10 }, (_, i) => 2490 + i))
})

test('an atom opens its own groups, whatever else lies in the log', async () => {
	const { server, atom } = await setUp()
	for (const id of ['a:1', 'a:b:1', 'a:b:2', 'ab:1', 'b:1']) server.put(id, id)
	for (const group of ['a', 'ab', 'b']) {
		const one = atom({ group })
		await synced(one)
		await one.destroy()
	}
	await server.stop()
	for (const [group, ids] of Object.entries({ a: ['a:1', 'a:b:1', 'a:b:2'], 'a:b': ['a:b:1', 'a:b:2'], ab: ['ab:1'], b: ['b:1'] })) {
		const one = atom({ group })
		await one.ready
		assert.deepEqual([...one.deref().keys()].sort(), ids)
		await one.destroy()
	}
})

test('what a line of text cannot have is kept too: a codec with lines, damaged and removed documents', async () => {
	const { server, atom, user } = await setUp()
	const codec = {
		name: 'lines', type: 'application/json', stream: 'json', write: JSON.stringify, read: JSON.parse,
		encode: (value) => JSON.stringify(value, undefined, 1), decode: JSON.parse,
	}
	const todos = atom({ codec })
	await synced(todos)
	const values = (i) => ({ '': [i, 'a\nb'] })
	await todos.swap(() => numbered(400, values)).server
	await todos.swap(dissoc, ...numbered(20).keys()).server
	await synced(todos)
	await todos.destroy()
	const plain = atom()
	await synced(plain)
	server.damage('todos:30')
	server.put('todos:31', 'x')
	await until(() => get(plain, 'todos:31') === 'x' && plain.status.damaged.length)
	await plain.swap((docs) => new Map([...docs, ...numbered(60, (i) => `${i}`)].filter(([id]) => id !== 'todos:30'))).server
	await plain.destroy()
	await server.stop()
	const again = atom({ codec })
	await again.ready
	assert.deepEqual(new Map([...again.deref()].sort()), new Map([...numbered(400, values)].slice(20).sort()))
	const others = atom()
	await others.ready
	assert.deepEqual([others.deref().size, get(others, 'todos:5'), get(others, 'todos:399')], [399, '5', values(399)])
	assert.ok((await log(user)).length)
})
