// Status, conflicts and rejected writes as values that differ only if they differ; the
// ids of a change; the first complete pull.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Problem, assoc, dissoc, get, newId, setUp, until } from './harness.mjs'

const idle = (atom) => until(() => atom.status.state === 'synced' && !atom.status.pending)
const views = ({ status, conflicts, rejected }) => [status, conflicts, rejected]

test('status, conflicts and rejected are frozen, and identical until they differ', async () => {
	const { server, atom } = await setUp()
	server.put('todos:1', 'theirs')
	const todos = atom()
	await todos.sync()
	await idle(todos)
	const before = views(todos)
	assert.ok(before.every(Object.isFrozen))
	assert.deepEqual(views(todos).map((view, i) => view === before[i]), [true, true, true])
	server.fault = () => new Promise(() => {})
	todos.swap(assoc, 'todos:2', 'unsent')
	assert.notEqual(todos.status, before[0])
	assert.equal(todos.status.pending, 1)
	assert.deepEqual(views(todos).map((view, i) => view === before[i]), [false, true, true])
})

test('a conflict and a rejected write keep their identity while others come and go', async () => {
	const { server, atom } = await setUp()
	const todos = atom()
	await todos.sync()
	await server.stop()
	todos.swap((docs) => new Map([...docs, ['todos:1', 'mine'], ['todos:2', { poison: 1 }]]))
	server.put('todos:1', 'theirs')
	await server.start()
	await until(() => todos.conflicts.length === 1 && todos.rejected.length === 1)
	const [[conflict], [rejected]] = [todos.conflicts, todos.rejected]
	assert.ok(Object.isFrozen(conflict) && Object.isFrozen(rejected))
	todos.swap(assoc, 'todos:0', { poison: 2 })
	await until(() => todos.rejected.length === 2)
	assert.equal(todos.rejected.find(({ id }) => id === 'todos:2'), rejected)
	assert.equal(todos.conflicts[0], conflict)
	todos.discard('todos:0')
	assert.deepEqual(todos.rejected, [rejected])
	assert.equal(todos.rejected[0], rejected)
})

test('listeners are called once for each change, and never twice with the same', async () => {
	const { server, atom } = await setUp()
	const todos = atom()
	await todos.sync()
	await idle(todos)
	const { onStatus } = todos
	const told = []
	const end = onStatus(() => told.push(views(todos)))
	todos.swap(assoc, 'todos:1', 'one')
	assert.equal(told.length, 1, 'in the turn of the swap')
	await idle(todos)
	server.put('todos:1', 'two')
	await until(() => get(todos, 'todos:1') === 'two')
	await todos.sync()
	await idle(todos)
	told.forEach((now, i) => assert.ok(!i || now.some((view, j) => view !== told[i - 1][j]), 'it differs from the one before'))
	const content = ([{ lastError, ...status }, ...lists]) => JSON.stringify([status, lastError?.message, ...lists])
	told.forEach((now, i) => assert.ok(!i || content(now) !== content(told[i - 1])))
	const calls = told.length
	end()
	await todos.swap(assoc, 'todos:1', 'three').server
	assert.equal(told.length, calls)
})

test('the same error again is no change', async () => {
	const { server, atom } = await setUp()
	server.fault = () => {
		throw new Problem(403, 'no')
	}
	const todos = atom()
	await assert.rejects(todos.sync(), { code: 'forbidden' })
	const { status } = todos
	assert.equal(status.lastError.message, 'no')
	await assert.rejects(todos.sync(), { code: 'forbidden' })
	assert.equal(todos.status, status)
})

test('a listener that causes a change tells the later listeners the newest status only', async () => {
	const { atom } = await setUp()
	const todos = atom()
	await todos.sync()
	await idle(todos)
	const seen = []
	todos.onStatus(() => todos.deref().has('todos:2') || todos.swap(assoc, 'todos:2', 'from a listener'))
	todos.onStatus(({ pending }) => seen.push(pending))
	todos.swap(assoc, 'todos:1', 'first')
	assert.deepEqual(seen, [2])
})

test('the same function can listen twice, and ends twice', async () => {
	const { atom } = await setUp()
	const todos = atom()
	await todos.sync()
	await idle(todos)
	let calls = 0
	const f = () => calls++
	const ends = [todos.onStatus(f), todos.onStatus(f)]
	todos.swap(assoc, 'todos:1', 'one')
	assert.equal(calls, 2)
	ends[0]()
	todos.swap(assoc, 'todos:2', 'two')
	assert.equal(calls, 3)
})

test('watches get the ids that changed: of a swap, of an edit from afar, of a part of it', async () => {
	const { server, atom } = await setUp()
	const todos = atom()
	await todos.sync()
	const ids = []
	todos.addWatch('ids', (_key, _atom, _before, _after, changed) => ids.push(changed))
	todos.swap((docs) => new Map([...docs, ['todos:1', 'one'], ['todos:2', { a: 1 }]]))
	todos.swap(dissoc, 'todos:1')
	assert.deepEqual(ids.splice(0), [['todos:1', 'todos:2'], ['todos:1']])
	await idle(todos)
	const kept = get(todos, 'todos:2')
	todos.swap((docs) => new Map([...docs, ['todos:2', { a: 1 }], ['todos:3', 'three']]))
	assert.deepEqual(ids.splice(0), [['todos:3']])
	assert.equal(get(todos, 'todos:2'), kept, 'an equal value is no change')
	await idle(todos)
	server.put('todos:3', 'from afar')
	await until(() => get(todos, 'todos:3') === 'from afar')
	assert.deepEqual(ids, [['todos:3']])
})

test('a watch of one document hears of that alone, until it ends', async () => {
	const { server, atom } = await setUp()
	const todos = atom()
	await todos.sync()
	const calls = []
	const watch = (value, before) => calls.push([before, value])
	const ends = [todos.watchDoc('todos:1', watch), todos.watchDoc('todos:1', watch)]
	todos.swap(assoc, 'todos:2', 'other')
	todos.swap(assoc, 'todos:1', 'one')
	assert.deepEqual(calls.splice(0), [[undefined, 'one'], [undefined, 'one']])
	ends[0]()
	ends[0]()
	await idle(todos)
	server.put('todos:1', undefined)
	await until(() => !todos.deref().has('todos:1'))
	assert.deepEqual(calls.splice(0), [['one', undefined]])
	ends[1]()
	todos.swap(assoc, 'todos:1', 'again')
	assert.deepEqual(calls, [])
	const end = todos.watchDoc('todos:1', watch)
	ends[1]()
	todos.swap(assoc, 'todos:1', 'and again')
	assert.deepEqual(calls, [['again', 'and again']])
	end()
})

test('change writes entries, and removes those without a value', async () => {
	const { server, atom } = await setUp()
	const todos = atom()
	await todos.change([['todos:1', 'one'], ['todos:2', 'two']]).server
	await todos.change(new Map([['todos:1', undefined], ['todos:3', 'three']])).server
	assert.deepEqual([...todos.deref()], [['todos:2', 'two'], ['todos:3', 'three']])
	assert.equal(server.value('todos:1'), undefined)
	assert.throws(() => todos.change([['todos:4', 'four'], ['notes:1', 'other group']]), TypeError)
	assert.equal(todos.deref().size, 2)
})

test('synced is settled by the first complete pull, and after a reload by the device', async () => {
	const { server, atom } = await setUp()
	server.pageSize = 1
	for (const i of [1, 2, 3]) server.put(`todos:${i}`, i)
	const todos = atom()
	let pulls = 0
	// Each but the first, or a repetition could follow before this test looks.
	server.fault = ({ method }, path) => {
		if (path === '/sync' && method === 'GET' && ++pulls > 1) throw new Problem(503, 'in the middle')
	}
	let settled = false
	void todos.synced.then(() => (settled = true))
	await until(() => pulls >= 2)
	assert.equal(settled, false, 'one page is not all')
	server.fault = () => undefined
	await todos.synced
	assert.equal(todos.deref().size, 3)
	assert.ok(todos.status.lastPull <= Date.now())
	const { lastPull } = todos.status
	await todos.destroy()
	await server.stop()
	const again = atom()
	await again.synced
	assert.ok(again.status.lastPull >= lastPull)
	assert.equal(again.deref().size, 3)
})

test('synced of another group waits for its own pull, and ends with the atom', async () => {
	const { server, atom } = await setUp()
	const todos = atom()
	await todos.synced
	server.fault = () => 'drop'
	const notes = atom({ group: 'notes' })
	assert.equal(notes.status.lastPull, null)
	await notes.ready
	void notes.destroy()
	await assert.rejects(notes.synced, { code: 'destroyed' })
	await todos.logout()
	await todos.synced
})

test('synced is known in the other tabs', async () => {
	const { server, atom, tab } = await setUp()
	server.fault = () => 'drop'
	const one = atom()
	const two = await tab()
	await two.ready
	server.fault = () => undefined
	await Promise.all([one.synced, two.synced])
	assert.ok(two.status.lastPull)
})

test('ids are new, and of their group', async () => {
	const ids = new Set(Array.from({ length: 1000 }, () => newId('todos')))
	assert.equal(ids.size, 1000)
	for (const id of ids) assert.match(id, /^todos:\d+-\d+-\d+$/)
	const { randomUUID } = crypto
	crypto.randomUUID = undefined
	assert.ok(newId('acme:todos').startsWith('acme:todos:'))
	crypto.randomUUID = randomUUID
})
