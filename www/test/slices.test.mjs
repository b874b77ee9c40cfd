// Many documents are opened in slices, and shown as a whole.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assoc, dissoc, get, setUp, until } from './harness.mjs'

const COUNT = 5000
const rows = (value = (i) => `{"n":${i}}`) => Array.from({ length: COUNT }, (_, i) => ({ id: `todos:${i}`, version: i + 1, value: value(i) }))

/** A storage with these rows. */
function storage(docs, put = []) {
	const written = []
	const nothing = async () => {}
	return { open: nothing, clear: nothing, close: nothing, written, load: async () => ({ docs, put, conflicts: [] }), cursor: async () => '5000', write: async (some) => void written.push(some) }
}

/** Runs until the first part has been decoded. `decoded` counts the values. */
async function begun(atom, options) {
	const seen = { decoded: 0, tasks: 0 }
	const codec = {
		name: 'json', type: 'application/json', stream: 'json', encode: JSON.stringify, write: JSON.stringify, read: JSON.parse,
		decode: (text) => (seen.decoded++, JSON.parse(text)),
	}
	const todos = atom({ codec, ...options })
	const calls = []
	todos.addWatch('test', (_key, _atom, before, after, ids) => calls.push([before, after, ids]))
	await until(() => seen.decoded)
	return { todos, calls, seen }
}

test('the page has its turn while many documents are opened, and is told once, of all', async () => {
	const { server, atom } = await setUp()
	await server.stop()
	const { todos, calls, seen } = await begun(atom, { storage: storage(rows()) })
	assert.ok(seen.decoded < COUNT, 'a part, and then another task')
	assert.equal(todos.deref().size, 0)
	await todos.ready
	assert.equal(todos.deref().size, COUNT)
	assert.equal(calls.length, 1)
	const [[before, after, ids]] = calls
	assert.deepEqual([before.size, after, ids.length, new Set(ids).size], [0, todos.deref(), COUNT, COUNT])
	assert.deepEqual(get(todos, 'todos:4999'), { n: 4999 })
})

test('what is written meanwhile stays, is shown at once, and is based on what the device had', async () => {
	const { server, atom } = await setUp()
	await server.stop()
	const { todos, calls } = await begun(atom, { storage: storage(rows((i) => `${i}`)) })
	todos.swap(assoc, 'todos:0', 'mine')
	// Equal to what was loaded and is not shown yet.
	todos.swap(assoc, 'todos:1', 1)
	todos.swap(assoc, 'todos:4999', 'mine')
	todos.swap(assoc, 'todos:new', 'mine')
	todos.swap(assoc, 'todos:2', 'gone')
	todos.swap(dissoc, 'todos:2')
	assert.deepEqual([...todos.deref()], [['todos:0', 'mine'], ['todos:1', 1], ['todos:4999', 'mine'], ['todos:new', 'mine']])
	assert.deepEqual(calls.map(([, , ids]) => ids), [['todos:0'], ['todos:1'], ['todos:4999'], ['todos:new'], ['todos:2'], ['todos:2']])
	await todos.ready
	assert.equal(calls.length, 7)
	assert.equal(todos.deref().size, COUNT)
	assert.deepEqual(['0', '1', '2', '3', '4999', 'new'].map((id) => get(todos, `todos:${id}`)), ['mine', 1, undefined, 3, 'mine', 'mine'])
	assert.ok(!calls[6][2].includes('todos:0') && calls[6][2].includes('todos:3'))
	assert.equal(todos.status.pending, 5)
})

test('the writes of a swap that did not see the documents name their versions', async () => {
	const { server, atom } = await setUp()
	await server.stop()
	const kept = storage(rows())
	const { todos } = await begun(atom, { storage: kept })
	todos.swap(assoc, 'todos:0', 'mine')
	todos.swap(assoc, 'todos:4999', 'mine')
	await todos.ready
	await until(() => kept.written.length > 2)
	const last = new Map(kept.written.flatMap(({ put = [] }) => put).map((row) => [row.id, row]))
	assert.deepEqual([...last.values()].map(({ id, base, was }) => [id, base, was]), [['todos:0', 1, '{"n":0}'], ['todos:4999', 5000, '{"n":4999}']])
})

test('an unsent deletion and an end in between', async () => {
	const { server, atom } = await setUp()
	await server.stop()
	const put = [{ op: 'x', id: 'todos:7', n: 1, base: 8, was: '{"n":7}', at: 1 }]
	const first = await begun(atom, { storage: storage(rows(), put) })
	await first.todos.ready
	assert.equal(first.todos.deref().size, COUNT - 1)
	const second = await begun(atom, { storage: storage(rows()), user: 'other' })
	await second.todos.logout({ force: true })
	await second.todos.ready
	assert.equal(second.todos.deref().size, 0)
})
