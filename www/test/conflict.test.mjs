// Conflicts, refusals, lost answers, resets: whatever happens, no edit is lost silently
// and nothing is shown that is not so.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Problem, assoc, dissoc, get, setUp, until } from './harness.mjs'

const synced = (atom) => until(() => atom.status.state === 'synced' && atom.status.pending === 0, 'synced')

/** An atom whose document was changed here and elsewhere while the server was away. */
async function diverged({ server, atom }, options, ...values) {
	const [mine, theirs] = values.length ? values : [{ title: 'mine' }, { title: 'theirs' }]
	server.put('todos:1', { title: 'base' })
	const todos = atom(options)
	await synced(todos)
	await server.stop()
	await until(() => todos.status.state === 'offline')
	const written = todos.swap((docs) => (mine === undefined ? dissoc(docs, 'todos:1') : assoc(docs, 'todos:1', mine)))
	server.put('todos:1', theirs)
	await server.start()
	return { todos, written }
}

test('by default the server wins, and the own copy can be restored', async () => {
	const set = await setUp()
	const { todos, written } = await diverged(set)
	await assert.rejects(written.server, { code: 'conflict' })
	assert.deepEqual(get(todos, 'todos:1'), { title: 'theirs' })
	const [conflict] = todos.conflicts
	const { key, at, ...what } = conflict
	assert.deepEqual(what, { id: 'todos:1', base: { title: 'base' }, mine: { title: 'mine' }, theirs: { title: 'theirs' } })
	assert.ok(Math.abs(Date.now() - at) < 60_000)
	await todos.restore(key).server
	assert.deepEqual(set.server.value('todos:1'), { title: 'mine' })
	assert.deepEqual(todos.conflicts, [])
})

test('a conflict survives a restart of the app, and can be dismissed', async () => {
	const set = await setUp()
	const { todos, written } = await diverged(set)
	await assert.rejects(written.server)
	await todos.destroy()
	const again = set.atom()
	await again.ready
	assert.equal(again.conflicts.length, 1)
	again.dismiss(again.conflicts[0].key)
	assert.equal(again.conflicts.length, 0)
	assert.throws(() => again.dismiss('no such'), RangeError)
	await again.destroy()
	const third = set.atom()
	await third.ready
	assert.equal(third.conflicts.length, 0)
})

test('an edit against a deletion, and a deletion against an edit', async () => {
	const one = await setUp()
	const { todos, written } = await diverged(one, {}, { title: 'mine' }, undefined)
	await assert.rejects(written.server, { code: 'conflict' })
	assert.equal(get(todos, 'todos:1'), undefined)
	assert.deepEqual(todos.conflicts[0].theirs, undefined)
	await todos.restore(todos.conflicts[0].key).server
	assert.deepEqual(one.server.value('todos:1'), { title: 'mine' })
	const two = await setUp()
	const other = await diverged(two, {}, undefined, { title: 'theirs' })
	await assert.rejects(other.written.server, { code: 'conflict' })
	assert.deepEqual(get(other.todos, 'todos:1'), { title: 'theirs' })
	assert.equal(other.todos.conflicts[0].mine, undefined)
})

test('both made the same change: that is no conflict', async () => {
	const set = await setUp()
	const { todos, written } = await diverged(set, {}, { title: 'same' }, { title: 'same' })
	await written.server
	assert.deepEqual(todos.conflicts, [])
})

test('merge gets base, mine and theirs, and its result is pushed', async () => {
	const set = await setUp()
	const calls = []
	const merge = (...args) => {
		calls.push(args.slice(0, 4))
		return { ...args[2], ...args[1] }
	}
	const { todos, written } = await diverged(set, { merge }, { title: 'base', done: true }, { title: 'theirs', tag: 1 })
	await written.server
	assert.deepEqual(calls, [[{ title: 'base' }, { title: 'base', done: true }, { title: 'theirs', tag: 1 }, 'todos:1']])
	assert.deepEqual(set.server.value('todos:1'), { title: 'base', tag: 1, done: true })
	assert.deepEqual(get(todos, 'todos:1'), { title: 'base', tag: 1, done: true })
	assert.deepEqual(todos.conflicts, [])
})

test('a merge that throws leaves the conflict to the journal', async () => {
	const set = await setUp()
	const merge = () => {
		throw new Error('cannot')
	}
	const { todos, written } = await diverged(set, { merge })
	await assert.rejects(written.server, { code: 'conflict' })
	assert.equal(todos.conflicts.length, 1)
})

test('a lost answer: the same op goes again, and it is no conflict', async () => {
	const { server, atom } = await setUp()
	const todos = atom()
	await synced(todos)
	let lost = 0
	server.fault = ({ method }) => (method === 'POST' && lost++ < 2 ? 'lose' : undefined)
	await todos.swap(assoc, 'todos:1', 'x').server
	assert.equal(server.docs.get('todos:1').version, 1)
	const pushes = server.log.filter(({ method }) => method === 'POST').map(({ body }) => JSON.parse(body).docs[0].op)
	assert.equal(pushes.length, 3)
	assert.equal(new Set(pushes).size, 1)
})

test('an edit made while the answer is lost queues behind it', async () => {
	const { server, atom } = await setUp()
	const todos = atom()
	await synced(todos)
	let edited = false
	server.fault = ({ method }) => {
		if (method !== 'POST' || edited) return undefined
		edited = true
		todos.swap(assoc, 'todos:1', 'second')
		todos.swap(assoc, 'todos:1', 'third')
		return 'lose'
	}
	const { server: first } = todos.swap(assoc, 'todos:1', 'first')
	await first
	await synced(todos)
	assert.equal(server.value('todos:1'), 'third')
	assert.equal(server.docs.get('todos:1').version, 2, 'the second was never sent: the third replaced it')
	assert.deepEqual(todos.conflicts, [])
})

test('fast typing into one document is never its own conflict', async () => {
	const { server, atom } = await setUp()
	const todos = atom()
	const all = []
	for (let i = 0; i < 60; i++) {
		all.push(todos.swap(assoc, 'todos:1', `text ${i}`).server)
		if (i % 3 === 0) await new Promise((done) => setTimeout(done, 2))
	}
	await Promise.all(all)
	await synced(todos)
	assert.equal(server.value('todos:1'), 'text 59')
	assert.deepEqual(todos.conflicts, [])
})

test('delete and write anew, while online and in one go offline', async () => {
	const { server, atom } = await setUp()
	const todos = atom()
	await todos.swap(assoc, 'todos:1', 'a').server
	await todos.swap(dissoc, 'todos:1').server
	assert.equal(server.docs.get('todos:1').deleted, true)
	await todos.swap(assoc, 'todos:1', 'b').server
	assert.equal(server.value('todos:1'), 'b')
	await server.stop()
	await until(() => todos.status.state === 'offline')
	todos.swap(dissoc, 'todos:1')
	todos.swap(assoc, 'todos:2', 'never was')
	todos.swap(dissoc, 'todos:2')
	todos.swap(assoc, 'todos:1', 'c')
	await server.start()
	await synced(todos)
	assert.equal(server.value('todos:1'), 'c')
	assert.equal(server.value('todos:2'), undefined)
	assert.deepEqual(todos.conflicts, [])
})

test('a refused write blocks no other, says why, and can be retried or discarded', async () => {
	const { server, atom } = await setUp()
	server.put('todos:bad', 'before')
	const todos = atom()
	await synced(todos)
	const poison = { poison: true }
	const { server: sent } = todos.swap((docs) => {
		const next = new Map(docs).set('todos:bad', poison)
		for (let i = 0; i < 9; i++) next.set(`todos:${i}`, i)
		return next
	})
	await assert.rejects(sent, { code: 'rejected' })
	await until(() => todos.status.state === 'synced')
	for (let i = 0; i < 9; i++) assert.equal(server.value(`todos:${i}`), i)
	const [{ at, tx, ...what }] = todos.rejected
	assert.deepEqual(what, { id: 'todos:bad', value: poison, status: 400, code: 'bad-request', reason: 'docs: poison' })
	assert.equal(get(todos, 'todos:bad'), poison, 'it stays where it was written')
	todos.retry('todos:bad')
	await until(() => todos.rejected.length === 1 && server.log.at(-1).body.includes('poison'))
	todos.discard('todos:bad')
	assert.equal(get(todos, 'todos:bad'), 'before')
	assert.deepEqual(todos.rejected, [])
})

test('a refused write survives a restart, and a newer edit takes its place', async () => {
	const { server, atom } = await setUp()
	server.put('todos:bad', 'before')
	const todos = atom()
	await synced(todos)
	await assert.rejects(todos.swap(assoc, 'todos:bad', { poison: true }).server, { code: 'rejected' })
	await todos.destroy()
	const again = atom()
	await again.ready
	await synced(again)
	assert.equal(again.rejected.length, 1)
	await again.swap(assoc, 'todos:bad', 'healed').server
	assert.deepEqual(again.rejected, [])
	assert.equal(server.value('todos:bad'), 'healed')
})

test('a document that is too large is refused alone', async () => {
	const { server, atom } = await setUp()
	server.maxBody = 2000
	const todos = atom()
	await synced(todos)
	todos.swap((docs) => new Map([...docs, ['todos:a', 'x'.repeat(900)], ['todos:b', 'y'.repeat(900)], ['todos:huge', 'z'.repeat(3000)]]))
	await until(() => todos.rejected.length === 1 && todos.status.pending === 0)
	assert.deepEqual([todos.rejected[0].id, todos.rejected[0].status], ['todos:huge', 413])
	assert.ok(server.value('todos:a') && server.value('todos:b'))
})

test('read-only: a write is refused with 403 and named', async () => {
	const { server, atom } = await setUp()
	server.tokens = { reader: { groups: { todos: 'ro' } } }
	const todos = atom({ token: 'reader' })
	await assert.rejects(todos.swap(assoc, 'todos:1', 1).server, { code: 'rejected', status: 403 })
	await until(() => todos.status.state === 'synced')
	assert.equal(todos.rejected[0].code, 'forbidden')
})

test('a purge while away: what is gone goes, nothing comes back', async () => {
	const { server, atom } = await setUp()
	for (const id of ['kept', 'deleted', 'edited']) server.put(`todos:${id}`, id)
	const first = atom()
	await synced(first)
	await first.destroy()
	server.put('todos:deleted', undefined)
	server.put('todos:edited', undefined)
	server.purge()
	await server.stop()
	const todos = atom()
	await todos.ready
	todos.swap(assoc, 'todos:edited', 'my edit')
	todos.swap(assoc, 'todos:new', 'new')
	await server.start()
	await synced(todos)
	assert.deepEqual([...todos.deref()].sort(), [['todos:kept', 'kept'], ['todos:new', 'new']])
	assert.equal(todos.conflicts[0].mine, 'my edit')
	assert.equal(server.value('todos:deleted'), undefined)
	assert.equal(server.value('todos:edited'), undefined)
	await todos.destroy()
	const again = atom()
	await again.ready
	assert.deepEqual([...again.deref().keys()].sort(), ['todos:kept', 'todos:new'])
})

test('a server restored from an older copy: its state counts, own unsent edits become conflicts', async () => {
	const { server, atom } = await setUp()
	server.pageSize = 2
	for (let i = 0; i < 5; i++) server.put(`todos:${i}`, `old ${i}`)
	const backup = server.snapshot()
	const todos = atom()
	await synced(todos)
	await todos.swap(assoc, 'todos:1', 'after the backup').server
	await todos.swap(assoc, 'todos:late', 'after the backup').server
	await server.stop()
	await until(() => todos.status.state === 'offline')
	todos.swap(assoc, 'todos:1', 'unsent, on a version that is no more')
	todos.swap(assoc, 'todos:2', 'unsent, on one that still is')
	server.restore(backup)
	// Elsewhere the same version number has come to stand for something else.
	server.put('todos:1', 'another history')
	await server.start()
	await until(() => todos.conflicts.length === 1)
	await synced(todos)
	assert.equal(get(todos, 'todos:1'), 'another history')
	assert.equal(todos.conflicts[0].mine, 'unsent, on a version that is no more')
	assert.equal(server.value('todos:2'), 'unsent, on one that still is')
	assert.equal(get(todos, 'todos:late'), undefined)
	assert.equal(todos.deref().size, 5)
})

test('a deletion that is acknowledged before its stream event is not undone by an older one', async () => {
	const { server, atom } = await setUp()
	const todos = atom()
	await synced(todos)
	const seen = []
	todos.subscribe((docs) => seen.push(docs.has('todos:1')))
	for (let i = 0; i < 10; i++) {
		await todos.swap(assoc, 'todos:1', i).server
		seen.length = 0
		await todos.swap(dissoc, 'todos:1').server
		await todos.sync()
		assert.ok(!seen.includes(true), 'it never shows again')
	}
})

test('a full disk is waited out, with the write kept and others seen', async () => {
	const { server, atom } = await setUp()
	let full = true
	server.fault = ({ method }) => {
		if (method === 'POST' && full) throw new Problem(507, 'the disk is full')
	}
	const todos = atom({ interval: 50 })
	const { server: written } = todos.swap(assoc, 'todos:1', 1)
	await until(() => todos.status.lastError?.code === 'insufficient-storage')
	server.put('todos:2', 2)
	await until(() => todos.deref().has('todos:2'))
	assert.equal(todos.deref().get('todos:1'), 1)
	assert.equal(todos.status.pending, 1)
	full = false
	await written
	assert.equal(server.docs.get('todos:1').value, 1)
	assert.deepEqual(todos.rejected, [])
})

test('over a quota writes are kept, until deletions in the same push make room', async () => {
	const { server, atom } = await setUp()
	const todos = atom({ interval: 50 })
	await todos.swap(assoc, 'todos:old', 'old').server
	server.fault = ({ method }, path, body) => {
		if (method === 'POST' && body.includes('todos:new') && !body.includes('"deleted":true')) throw new Problem(507, 'too much', 'quota-bytes')
	}
	const { server: written } = todos.swap(assoc, 'todos:new', 1)
	await until(() => todos.status.lastError?.code === 'quota-bytes')
	assert.equal(todos.status.pending, 1)
	assert.equal(todos.deref().get('todos:new'), 1)
	todos.swap(dissoc, 'todos:old')
	await written
	assert.equal(server.docs.get('todos:new').value, 1)
	assert.ok(server.docs.get('todos:old').deleted)
	assert.deepEqual([todos.rejected, todos.status.lastError], [[], null])
})

test('too many pushes: it waits as long as the server says, with the write kept', async () => {
	const { server, atom } = await setUp()
	let refused = 0
	server.fault = ({ method }) => {
		if (method !== 'POST' || refused++) return
		const body = JSON.stringify({ status: 429, code: 'quota-pushes', detail: 'for the test' })
		return { status: 429, type: 'application/problem+json', body, headers: { 'Retry-After': '1' } }
	}
	const todos = atom({ interval: 10 })
	const { server: written } = todos.swap(assoc, 'todos:1', 1)
	await until(() => todos.status.lastError?.code === 'quota-pushes')
	assert.deepEqual([todos.status.pending, todos.status.lastError.retryAfter], [1, 1000])
	await written
	assert.equal(refused, 2)
	assert.deepEqual(todos.rejected, [])
})

test('a document that is damaged on the server keeps back no other', async () => {
	const { server, atom } = await setUp()
	server.fault = ({ method }, path, body) => {
		if (method === 'POST' && body.includes('todos:bad')) throw new Problem(500, 'it is damaged')
	}
	const todos = atom()
	const writes = ['todos:1', 'todos:bad', 'todos:2'].map((id) => todos.swap(assoc, id, 1).server)
	await Promise.all([writes[0], writes[2]])
	await until(() => todos.rejected.length)
	assert.deepEqual(todos.rejected.map(({ id, code }) => [id, code]), [['todos:bad', 'damaged']])
	assert.equal(todos.deref().get('todos:bad'), 1)
})

test('503 and 429 are waited out', async () => {
	const { server, atom } = await setUp()
	let left = 2
	server.fault = ({ method }) => {
		if (method === 'POST' && left-- > 0) throw new Problem(503, 'the writer is starting')
	}
	const todos = atom()
	await todos.swap(assoc, 'todos:1', 1).server
	assert.deepEqual(todos.rejected, [])
})

test('what is no pocketbook server is told apart, and loses nothing', async () => {
	const { server, atom } = await setUp()
	const original = server.fault
	server.fault = async (request) => {
		await new Promise((done) => setTimeout(done, 1))
		throw new Problem(404, 'a captive portal')
	}
	const todos = atom()
	todos.swap(assoc, 'todos:1', 1)
	await until(() => todos.status.state === 'offline' && todos.status.lastError)
	assert.equal(todos.status.pending, 1)
	server.fault = original
	await synced(todos)
	assert.equal(server.value('todos:1'), 1)
})

test('a merge function that returns a promise has failed: both values stay, nothing is written', async () => {
	const set = await setUp()
	const { todos, written } = await diverged(set, { merge: async (_base, mine, theirs) => ({ ...theirs, ...mine }) })
	await assert.rejects(written.server, { code: 'conflict' })
	assert.deepEqual([get(todos, 'todos:1'), set.server.value('todos:1')], [{ title: 'theirs' }, { title: 'theirs' }])
	assert.deepEqual([todos.conflicts.length, todos.conflicts[0].mine], [1, { title: 'mine' }])
	assert.match(todos.status.lastError.message, /promise/)
})

test('a merged value may have a member named then', async () => {
	const set = await setUp()
	const { todos, written } = await diverged(set, { merge: () => ({ if: 1, then: 2 }) })
	await written.server
	assert.deepEqual([get(todos, 'todos:1'), set.server.value('todos:1')], [{ if: 1, then: 2 }, { if: 1, then: 2 }])
})

test('of a document that is damaged on the server the copy is kept, and an edit replaces it there', async () => {
	const { server, atom } = await setUp()
	server.put('todos:1', 'copy')
	server.put('todos:2', 'well')
	const todos = atom({ interval: 3_600_000 })
	await synced(todos)
	await until(() => server.streams === 1)
	const damage = () => {
		const { id, version, seq } = server.docs.get('todos:1')
		server.docs.set(id, { id, version, damaged: true, seq })
	}
	damage()
	// All is read again, as a snapshot.
	server.restore(server.snapshot())
	server.put('todos:3', 'new')
	await until(() => get(todos, 'todos:3'))
	await synced(todos)
	assert.deepEqual([...todos.deref()].sort(), [['todos:1', 'copy'], ['todos:2', 'well'], ['todos:3', 'new']])
	await todos.swap(assoc, 'todos:1', 'edited').server
	assert.equal(server.value('todos:1'), 'edited')
})
