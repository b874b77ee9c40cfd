// Transactions, named updates, schemas: `pocketbook/updates`.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Problem, assoc, dissoc, get, openTabWithUpdates, setUp, until } from './harness.mjs'

const { mergeFields } = await openTabWithUpdates()
const idle = (atom) => until(() => atom.status.state === 'synced' && !atom.status.pending)
const pushes = (server) => server.log.filter(({ method }) => method === 'POST').map(({ body }) => JSON.parse(body))
const move = (map, amount) => new Map(map).set('todos:a', map.get('todos:a') - amount).set('todos:b', map.get('todos:b') + amount)
const add = (value = 0, n) => value + n

/** An atom that has seen 100 and 0 in two documents, and then went offline. */
async function offline({ server, updating }, options) {
	server.put('todos:a', 100)
	server.put('todos:b', 0)
	const atom = await updating(options)
	await atom.sync()
	await idle(atom)
	await server.stop()
	return atom
}

/** Ends an atom when nothing of it is on its way to the server. */
async function end(atom) {
	await until(() => atom.status.lastError?.message === 'server is unreachable')
	await atom.destroy()
}

test('a transaction is one atomic push, other writes are not in it', async () => {
	const made = await setUp()
	const { server } = made
	const todos = await offline(made)
	const other = todos.swap(assoc, 'todos:c', 'other')
	const { server: sent } = todos.transact(move, 30)
	assert.deepEqual([get(todos, 'todos:a'), get(todos, 'todos:b')], [70, 30])
	await server.start()
	await Promise.all([sent, other.server])
	assert.deepEqual([server.value('todos:a'), server.value('todos:b')], [70, 30])
	const atomic = pushes(server).filter((push) => push.atomic)
	assert.equal(atomic.length, 1)
	assert.deepEqual(atomic[0].docs.map(({ id }) => id).sort(), ['todos:a', 'todos:b'])
	assert.ok(!pushes(server).find((push) => !push.atomic && push.docs.some(({ id }) => /[ab]$/.test(id))))
})

test('a transaction of which a part conflicts goes to the conflicts as a whole', async () => {
	const made = await setUp()
	const { server } = made
	const todos = await offline(made)
	const { server: sent } = todos.transact(move, 30)
	server.put('todos:a', 90)
	await server.start()
	await assert.rejects(sent, { code: 'conflict' })
	await idle(todos)
	assert.deepEqual([server.value('todos:a'), server.value('todos:b')], [90, 0])
	assert.deepEqual([get(todos, 'todos:a'), get(todos, 'todos:b')], [90, 0])
	const found = todos.conflicts.map(({ id, base, mine, theirs }) => [id, base, mine, theirs]).sort()
	assert.deepEqual(found, [['todos:a', 100, 70, 90], ['todos:b', 0, 30, 0]])
})

test('with a merge function all of a transaction is merged and sent as a whole again', async () => {
	const made = await setUp()
	const { server } = made
	const todos = await offline(made, { merge: (base = 0, mine, theirs) => theirs + mine - base })
	const { server: sent } = todos.transact(move, 30)
	server.put('todos:a', 90)
	await server.start()
	await sent
	assert.deepEqual([server.value('todos:a'), server.value('todos:b')], [60, 30])
	assert.ok(pushes(server).filter((push) => push.docs.length === 2).every((push) => push.atomic))
	assert.equal(todos.conflicts.length, 0)
})

test('if one merge fails, nothing of the transaction is written', async () => {
	const made = await setUp()
	const { server } = made
	const merge = (_base, mine, theirs, id) => {
		if (id === 'todos:a') throw new Error('no')
		return mine + theirs
	}
	const todos = await offline(made, { merge })
	const { server: sent } = todos.transact(move, 30)
	server.put('todos:a', 90)
	server.put('todos:b', 5)
	await server.start()
	await assert.rejects(sent, { code: 'conflict' })
	await idle(todos)
	assert.deepEqual([server.value('todos:a'), server.value('todos:b')], [90, 5])
	assert.equal(todos.conflicts.length, 2)
})

test('an edit on top of an unsent transaction queues behind it, and shares its fate', async () => {
	const made = await setUp()
	const { server } = made
	const todos = await offline(made)
	const first = todos.transact(move, 30)
	const second = todos.transact((map) => new Map(map).set('todos:b', map.get('todos:b') - 10).set('todos:c', 10))
	const third = todos.swap(assoc, 'todos:c', 11)
	server.put('todos:a', 90)
	await server.start()
	for (const { server: sent } of [first, second, third]) await assert.rejects(sent, { code: 'conflict' })
	await idle(todos)
	assert.deepEqual(['a', 'b', 'c'].map((id) => server.value('todos:' + id)), [90, 0, undefined])
	assert.deepEqual(todos.conflicts.map(({ id, mine }) => [id, mine]).sort(), [['todos:a', 70], ['todos:b', 20], ['todos:c', 11]])
})

test('transactions that follow each other land in order', async () => {
	const made = await setUp()
	const { server } = made
	const todos = await offline(made)
	const writes = [todos.transact(move, 30), todos.transact(move, 20), todos.swap(assoc, 'todos:a', 1), todos.swap(assoc, 'todos:a', 2)]
	await server.start()
	await Promise.all(writes.map(({ server: sent }) => sent))
	assert.deepEqual([server.value('todos:a'), server.value('todos:b')], [2, 50])
	const atomic = pushes(server).filter((push) => push.atomic).map(({ docs }) => docs.map(({ value }) => value).join())
	assert.deepEqual(atomic, ['70,30', '50,50'])
	assert.equal(todos.conflicts.length, 0)
})

test('a transaction survives a reload, and a lost response', async () => {
	const made = await setUp()
	const { server, updating } = made
	const todos = await offline(made)
	await todos.transact(move, 30).local
	await end(todos)
	let lost = 0
	server.fault = ({ method }) => (method === 'POST' && !lost++ ? 'lose' : undefined)
	await server.start()
	const again = await updating()
	await until(() => lost && server.value('todos:b') === 30)
	await idle(again)
	assert.deepEqual([server.value('todos:a'), server.value('todos:b')], [70, 30])
	assert.ok(pushes(server).every((push) => push.atomic && push.docs.length === 2))
})

test('a transaction that has landed, with a lost response and an edit since, is no conflict', async () => {
	const made = await setUp()
	const { server } = made
	const todos = await offline(made)
	let lost = 0
	server.fault = ({ method }) => {
		if (method !== 'POST' || lost++) return undefined
		setImmediate(() => server.put('todos:a', 'edited since'))
		return 'lose'
	}
	const { server: sent } = todos.transact(move, 30)
	await server.start()
	await sent
	await until(() => get(todos, 'todos:a') === 'edited since')
	assert.deepEqual([server.value('todos:b'), todos.conflicts.length], [30, 0])
})

test('a transaction that is refused is refused as a whole; retry and discard take all of it', async () => {
	const made = await setUp()
	const { server } = made
	const todos = await offline(made)
	const { server: sent } = todos.transact((map) => new Map(map).set('todos:a', { poison: 1 }).set('todos:b', 'good'))
	await server.start()
	await assert.rejects(sent, { code: 'rejected' })
	assert.deepEqual(todos.rejected.map(({ id }) => id).sort(), ['todos:a', 'todos:b'])
	assert.equal(server.value('todos:b'), 0)
	todos.retry('todos:b')
	assert.equal(todos.rejected.length, 0)
	await until(() => todos.rejected.length === 2)
	todos.discard('todos:b')
	assert.deepEqual([todos.rejected.length, get(todos, 'todos:a'), get(todos, 'todos:b')], [0, 100, 0])
})

test('a transaction too large for one push is refused before anything changed', async () => {
	const { updating, server } = await setUp()
	const todos = await updating()
	await todos.sync()
	const large = (map) => new Map([...map, ...Array.from({ length: 3 }, (_, i) => [`todos:${i}`, 'é'.repeat(180_000)])])
	assert.throws(() => todos.transact(large), { code: 'too-large' })
	assert.equal(todos.deref().size, 0)
	assert.equal(todos.status.pending, 0)
	await todos.swap(large).server
	assert.equal(server.docs.size, 3)
	const fits = (map) => new Map([...map, ...Array.from({ length: 2 }, (_, i) => [`todos:${i}`, 'e'.repeat(500_000)])])
	await todos.transact(fits).server
})

test('a transaction that another tab leads lands as a whole', async () => {
	const made = await setUp()
	const { server, updating } = made
	const leader = await offline(made)
	const todos = await updating()
	await todos.ready
	const { server: sent } = todos.transact(move, 30)
	await server.start()
	await sent
	assert.deepEqual([server.value('todos:a'), server.value('todos:b')], [70, 30])
	await until(() => get(leader, 'todos:b') === 30)
	assert.ok(pushes(server).every((push) => push.atomic))
})

test('an update is run again on the server\'s value', async () => {
	const made = await setUp()
	const { server } = made
	const todos = await offline(made, { updates: { add } })
	const { server: sent } = todos.update('todos:a', 'add', 5)
	assert.equal(get(todos, 'todos:a'), 105)
	server.put('todos:a', 1000)
	await server.start()
	await sent
	assert.equal(server.value('todos:a'), 1005)
	assert.equal(get(todos, 'todos:a'), 1005)
	assert.equal(todos.conflicts.length, 0)
})

test('an update that makes or deletes a document', async () => {
	const { server, updating } = await setUp()
	const todos = await updating({ updates: { add, remove: () => undefined } })
	await todos.update('todos:new', 'add', 5).server
	assert.equal(server.value('todos:new'), 5)
	await todos.update('todos:new', 'remove').server
	assert.equal(server.value('todos:new'), undefined)
	assert.throws(() => todos.update('todos:new', 'unknown'), TypeError)
	assert.throws(() => todos.update('todos:new', 'toString'), TypeError)
	assert.throws(() => todos.update('todos:new', 'add', 1n), TypeError)
	assert.equal(todos.deref().size, 0)
})

test('many updates while offline are one write, and all of them are run again', async () => {
	const made = await setUp()
	const { server } = made
	const todos = await offline(made, { updates: { add } })
	const all = Array.from({ length: 50 }, () => todos.update('todos:a', 'add', 1))
	assert.equal(get(todos, 'todos:a'), 150)
	server.put('todos:a', 1000)
	await server.start()
	await Promise.all(all.map(({ server: sent }) => sent))
	assert.equal(server.value('todos:a'), 1050)
	assert.ok(pushes(server).length <= 3, `${pushes(server).length} pushes`)
})

test('swaps and updates of a document: the swap is a conflict, the updates are run again', async () => {
	const made = await setUp()
	const { server } = made
	const todos = await offline(made, { updates: { add } })
	const results = [todos.update('todos:a', 'add', 1), todos.swap(assoc, 'todos:a', 7), todos.update('todos:a', 'add', 2)].map(({ server: sent }) => sent)
	assert.equal(get(todos, 'todos:a'), 9)
	server.put('todos:a', 1000)
	await server.start()
	const settled = await Promise.allSettled(results)
	assert.deepEqual(settled.map(({ status }) => status), ['fulfilled', 'rejected', 'fulfilled'])
	assert.equal(server.value('todos:a'), 1003)
	assert.deepEqual(todos.conflicts.map(({ base, mine, theirs }) => [base, mine, theirs]), [[101, 7, 1001]])
})

test('swaps and updates of a document without a conflict land in order', async () => {
	const made = await setUp()
	const { server } = made
	const todos = await offline(made, { updates: { add } })
	const results = [todos.swap(assoc, 'todos:a', 7), todos.update('todos:a', 'add', 1), todos.swap(assoc, 'todos:a', 20), todos.swap(assoc, 'todos:a', 30)]
	await server.start()
	await Promise.all(results.map(({ server: sent }) => sent))
	assert.equal(server.value('todos:a'), 30)
	assert.deepEqual(pushes(server).map(({ docs }) => docs[0].value), [7, 8, 30])
	assert.equal(todos.conflicts.length, 0)
})

test('an update is kept over a reload with its name and arguments', async () => {
	const made = await setUp()
	const { server, updating } = made
	const todos = await offline(made, { updates: { add } })
	await todos.update('todos:a', 'add', 5).local
	await end(todos)
	server.put('todos:a', 1000)
	await server.start()
	const again = await updating({ updates: { add } })
	await until(() => server.value('todos:a') === 1005)
	await idle(again)
	assert.equal(again.conflicts.length, 0)
})

test('an update made before the local data is loaded sees it', async () => {
	const made = await setUp()
	const { server, updating } = made
	const todos = await offline(made, { updates: { add } })
	await todos.destroy()
	const again = await updating({ updates: { add } })
	const { server: sent } = again.update('todos:a', 'add', 5)
	await again.ready
	assert.equal(get(again, 'todos:a'), 105)
	await server.start()
	await sent
	assert.equal(server.value('todos:a'), 105)
})

test('an update whose name the app no longer has is rejected in a conflict, and can be sent later', async () => {
	const made = await setUp()
	const { server, updating } = made
	const todos = await offline(made, { updates: { add } })
	await todos.update('todos:a', 'add', 5).local
	await end(todos)
	server.put('todos:a', 1000)
	await server.start()
	const without = await updating({ updates: { rename: () => 0 } })
	await until(() => without.rejected.length)
	assert.deepEqual(without.rejected.map(({ id, value, code }) => [id, value, code]), [['todos:a', 105, 'unknown-update']])
	assert.equal(server.value('todos:a'), 1000)
	await without.destroy()
	const renewed = await updating({ updates: { add } })
	await renewed.ready
	assert.equal(renewed.rejected.length, 1)
	renewed.retry('todos:a')
	await until(() => server.value('todos:a') === 1005)
})

test('an update that fails on the server\'s value is a conflict', async () => {
	const made = await setUp()
	const { server } = made
	const rename = (todo, title) => ({ ...todo, title: title + todo.title.length })
	const todos = await made.updating({ updates: { rename } })
	server.put('todos:1', { title: 'x' })
	await todos.sync()
	await idle(todos)
	await server.stop()
	const { server: sent } = todos.update('todos:1', 'rename', 'new')
	server.put('todos:1', undefined)
	await server.start()
	await assert.rejects(sent, { code: 'conflict' })
	assert.deepEqual(todos.conflicts.map(({ base, mine, theirs }) => [base, mine, theirs]), [[{ title: 'x' }, { title: 'new1' }, undefined]])
	await assert.throws(() => todos.update('todos:1', 'rename', 'new'), TypeError)
})

test('an update that always meets a conflict is tried a number of times, and lost to nobody', async () => {
	const made = await setUp()
	const { server, updating } = made
	server.put('todos:a', 0)
	const todos = await updating({ updates: { add } })
	await todos.sync()
	await idle(todos)
	let tries = 0
	server.fault = ({ method }) => {
		if (method === 'POST') server.put('todos:a', 1000 * ++tries)
	}
	const { random } = Math
	Math.random = () => 0
	try {
		await assert.rejects(todos.update('todos:a', 'add', 5).server, { code: 'conflict' })
	} finally {
		Math.random = random
	}
	assert.ok(tries > 5 && tries < 30, `${tries} tries`)
	assert.equal(todos.conflicts.length, 1)
	assert.equal(server.value('todos:a'), 1000 * tries)
})

test('two clients that count lose nothing', async () => {
	const { server, updating } = await setUp()
	const [one, two] = [await updating({ updates: { add }, user: 'one' }), await updating({ updates: { add }, user: 'two' })]
	await Promise.all([one.sync(), two.sync()])
	const all = Array.from({ length: 20 }, (_, i) => (i % 2 ? one : two).update('todos:n', 'add', 1).server)
	await Promise.all(all)
	assert.equal(server.value('todos:n'), 20)
})

test('an app without pocketbook/updates does not tear a transaction that waits', async () => {
	const made = await setUp()
	const { server, tab } = made
	const todos = await offline(made)
	await todos.transact(move, 30).local
	await end(todos)
	await server.start()
	const plain = await tab()
	await plain.sync()
	assert.equal(plain.status.pending, 2)
	assert.deepEqual([server.value('todos:a'), server.value('todos:b')], [100, 0])
})

test('mergeFields takes of each field the side that changed it', () => {
	const base = { a: 1, b: 1, c: 1, d: { x: 1, y: 2 } }
	assert.deepEqual(mergeFields(base, { ...base, a: 2 }, { ...base, b: 2, d: { y: 2, x: 1 } }), { a: 2, b: 2, c: 1, d: { x: 1, y: 2 } })
	assert.deepEqual(mergeFields(base, { a: 1, b: 1, d: base.d }, { ...base, e: 5 }), { a: 1, b: 1, d: base.d, e: 5 }, 'a removed field')
	assert.deepEqual(mergeFields({ a: 1 }, { a: 2 }, { a: 3 }), { a: 2 }, 'both: mine')
	assert.deepEqual(mergeFields(undefined, { a: 1 }, { b: 1 }), { a: 1, b: 1 })
	assert.deepEqual(mergeFields({ a: 1 }, { a: 2 }, undefined), { a: 2 })
	assert.deepEqual(mergeFields({ a: 1 }, undefined, { a: 2 }), { a: 2 })
	assert.throws(() => mergeFields('a', 'b', 'c'), TypeError)
	assert.deepEqual(mergeFields({}, { constructor: 1 }, { toString: 2 }), { toString: 2, constructor: 1 })
	const odd = JSON.parse('{"__proto__": 1}')
	assert.equal(JSON.stringify(mergeFields({}, odd, { a: 1 })), '{"a":1,"__proto__":1}')
	assert.deepEqual(mergeFields({ d: [1, { a: 1, b: 2 }] }, { d: [1, { b: 2, a: 1 }] }, { d: 'theirs' }), { d: 'theirs' })
})

test('the schema: older documents are upgraded when they are read, and remember it when written', async () => {
	const { server, updating } = await setUp()
	server.put('todos:1', { name: 'buy cheese' })
	server.put('todos:2', { _schema: 1, title: 'eat it' })
	const calls = []
	const upgrade = ({ name, ...todo }, from, id) => {
		calls.push([from, id])
		return from < 1 ? { title: name, tags: [] } : { ...todo, tags: [] }
	}
	const todos = await updating({ schema: 2, upgrade })
	await todos.sync()
	assert.deepEqual(get(todos, 'todos:1'), { title: 'buy cheese', tags: [], _schema: 2 })
	assert.deepEqual(get(todos, 'todos:2'), { title: 'eat it', tags: [], _schema: 2 })
	assert.deepEqual(calls.splice(0), [[0, 'todos:1'], [1, 'todos:2']])
	assert.deepEqual(server.value('todos:1'), { name: 'buy cheese' }, 'reading writes nothing')
	await todos.swap(assoc, 'todos:3', { title: 'new', tags: [] }).server
	assert.deepEqual(server.value('todos:3'), { title: 'new', tags: [], _schema: 2 })
	assert.deepEqual(get(todos, 'todos:3'), server.value('todos:3'))
	await todos.swap(assoc, 'todos:1', { ...get(todos, 'todos:1'), title: 'edited' }).server
	assert.deepEqual(server.value('todos:1'), { title: 'edited', tags: [], _schema: 2 })
	assert.deepEqual(calls, [])
	assert.ok(server.log.filter(({ url }) => url.startsWith('/sync') || url.startsWith('/events')).every(({ url }) => url.endsWith('schema=2')))
})

test('the schema: what the device has, and unsent writes, are upgraded too', async () => {
	const made = await setUp()
	const { server, tab, updating } = made
	server.put('todos:1', { name: 'buy cheese' })
	const old = await tab()
	await old.sync()
	await server.stop()
	await old.swap(assoc, 'todos:1', { name: 'buy bread' }).local
	await end(old)
	await server.start()
	const todos = await updating({ schema: 1, upgrade: ({ name }) => ({ title: name }) })
	await todos.ready
	assert.deepEqual(get(todos, 'todos:1'), { title: 'buy bread', _schema: 1 })
	await until(() => server.value('todos:1').title === 'buy bread')
})

test('an app whose schema is too old stops pushing and keeps its queue, until it is renewed', async () => {
	const made = await setUp()
	const { server, tab, updating } = made
	const todos = await tab({ schema: 2 })
	await todos.sync()
	await idle(todos)
	server.minSchema = { todos: 3 }
	server.dropStreams()
	todos.swap(assoc, 'todos:1', { title: 'made by the old app' })
	await until(() => todos.status.state === 'upgrade-required')
	assert.equal(todos.status.lastError.code, 'upgrade-required')
	assert.equal(todos.status.pending, 1)
	await assert.rejects(todos.sync(), { code: 'upgrade-required' })
	const requests = server.log.length
	todos.swap(assoc, 'todos:2', { title: 'also' })
	assert.equal(server.docs.size, 0)
	await todos.destroy()
	// A page with the new app has the queue of the old one.
	const renewed = await updating({ schema: 3, upgrade: (todo) => ({ ...todo, new: true }) })
	await until(() => server.docs.size === 2)
	assert.deepEqual(server.value('todos:1'), { title: 'made by the old app', new: true, _schema: 3 })
	await idle(renewed)
	assert.ok(server.log.length > requests)
})

test('mergeFields asks the codec, which merge functions are given, which fields are equal', async () => {
	const codec = { same: (a, b) => a.join() === b.join() }
	assert.deepEqual(mergeFields({ a: ['1,2'] }, { a: ['1', '2'] }, { a: 3 }, 'todos:1', codec), { a: 3 })
	const { server, atom } = await setUp()
	server.put('todos:1', 'theirs')
	const found = []
	const todos = atom({ merge: (base, mine, theirs, id, codec) => (found.push(codec.name), mine) })
	await todos.swap(assoc, 'todos:1', 'mine').server
	assert.deepEqual(found, ['json'])
})

test('a tab with the newer app takes over from one that the server has turned away', async () => {
	const { server, tab, updating } = await setUp()
	const old = await tab({ schema: 2 })
	await old.sync()
	await idle(old)
	const waiting = await tab({ schema: 2 })
	await waiting.ready
	server.minSchema = { todos: 3 }
	server.dropStreams()
	old.swap(assoc, 'todos:1', { title: 'made by the old app' })
	await until(() => old.status.state === 'upgrade-required' && waiting.status.state === 'upgrade-required')
	const renewed = await updating({ schema: 3, upgrade: (todo) => ({ ...todo, new: true }) })
	await until(() => server.docs.size === 1)
	assert.deepEqual(server.value('todos:1'), { title: 'made by the old app', new: true, _schema: 3 })
	await idle(renewed)
	await renewed.destroy()
	await until(() => old.status.state === 'upgrade-required')
})
