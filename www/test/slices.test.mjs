// Many documents are opened in slices, and shown as a whole.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assoc, atEnd, dissoc, get, setUp, until } from './harness.mjs'

const COUNT = 5000
const rows = (value = (i) => `{"n":${i}}`) => Array.from({ length: COUNT }, (_, i) => ({ id: `todos:${i}`, version: i + 1, value: value(i) }))

/** A storage with these rows. */
function storage(docs, put = []) {
	const written = []
	const nothing = async () => {}
	return { open: nothing, clear: nothing, close: nothing, written, load: async () => ({ docs, put, conflicts: [] }), cursor: async () => '5000', write: async (some) => void written.push(some) }
}

/** Runs until the first part is in memory. `decoded` counts the values. */
async function begun(atom, options) {
	const seen = { decoded: 0 }
	const codec = {
		name: 'json', type: 'application/json', stream: 'json', encode: JSON.stringify, write: JSON.stringify, read: JSON.parse,
		decode: (text) => (seen.decoded++, JSON.parse(text)),
	}
	// The library has another turn when it makes a channel.
	const { MessageChannel } = globalThis
	const turned = new Promise((resolve) => {
		globalThis.MessageChannel = function () {
			resolve()
			return new MessageChannel()
		}
	})
	atEnd(() => (globalThis.MessageChannel = MessageChannel))
	const todos = atom({ codec, ...options })
	const calls = []
	todos.addWatch('test', (_key, _atom, before, after, ids) => calls.push([before, after, ids]))
	await turned
	return { todos, calls, seen }
}

test('the page has its turn while many documents are opened, and is told once, of all', async () => {
	const { server, atom } = await setUp()
	await server.stop()
	const { todos, calls, seen } = await begun(atom, { storage: storage(rows()) })
	assert.equal(todos.deref().size, 0)
	await todos.ready
	assert.equal(todos.deref().size, COUNT)
	assert.equal(calls.length, 1)
	const [[before, after, ids]] = calls
	assert.deepEqual([before.size, after, ids.length, new Set(ids).size], [0, todos.deref(), COUNT, COUNT])
	assert.deepEqual([after.has('todos:7'), [...after.keys()].length, seen.decoded], [true, COUNT, 0])
	assert.deepEqual(get(todos, 'todos:4999'), { n: 4999 })
	assert.equal(seen.decoded, 1, 'at the first look')
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

test('a second atom of a group that is being opened shows nothing until all is there', async () => {
	const { server, atom } = await setUp()
	await server.stop()
	const kept = storage(rows((i) => `${i}`))
	const { todos } = await begun(atom, { storage: kept, codec: undefined })
	const second = atom({ storage: kept })
	const inner = atom({ storage: kept, group: 'todos:1' })
	const sizes = []
	second.subscribe((docs) => sizes.push(docs.size))
	assert.deepEqual([todos.deref().size, second.deref().size, inner.deref().size], [0, 0, 0])
	await Promise.all([todos.ready, second.ready, inner.ready])
	assert.deepEqual([todos.deref().size, second.deref().size, inner.deref().size], [COUNT, COUNT, 0])
	assert.deepEqual(sizes, [0, COUNT])
	const third = atom({ storage: kept })
	assert.equal(third.deref().size, COUNT, 'once they are there, at once')
})

test('an atom is not shown in part because another group has been opened before', async () => {
	const { server, atom } = await setUp()
	await server.stop()
	const kept = storage(rows())
	const { load } = kept
	kept.load = async (group) => (group === 'notes' ? { docs: [{ id: 'notes:1', version: 1, value: '1' }], put: [], conflicts: [] } : load(group))
	const { todos, calls } = await begun(atom, { storage: kept })
	const notes = atom({ storage: kept, group: 'notes', codec: todos.codec })
	await Promise.all([notes.ready, todos.ready])
	assert.deepEqual(calls.map(([, docs]) => docs.size), [COUNT])
})

test('a value is the same in all maps, and is decoded once, when it is looked at', async () => {
	const { server, atom } = await setUp()
	await server.stop()
	const { todos, seen } = await begun(atom, { storage: storage(rows()) })
	const notices = []
	todos.watchDoc('todos:1', (...values) => notices.push(values))
	await todos.ready
	const before = todos.deref()
	for (let i = 1000; i < 1600; i++) todos.swap(assoc, `todos:${i}`, { n: -i })
	// Those that are written over, each twice at most.
	assert.ok(seen.decoded <= 1200, `${seen.decoded}`)
	const one = get(todos, 'todos:1')
	assert.deepEqual([one, before.get('todos:1') === one], [{ n: 1 }, true])
	assert.deepEqual([get(todos, 'todos:1599'), before.get('todos:1599')], [{ n: -1599 }, { n: 1599 }])
	const { decoded } = seen
	const all = [...todos.deref().values()]
	assert.ok(all.every(({ n }) => Number.isInteger(n)) && all.includes(one))
	assert.deepEqual([...before.entries()].filter(([id]) => id === 'todos:1'), [['todos:1', one]])
	assert.equal(seen.decoded, COUNT)
	assert.ok(decoded < seen.decoded)
	for (const [id, value] of new Map(todos.deref())) assert.ok(get(todos, id) === value)
	todos.swap((docs) => new Map(docs).set('todos:2', 'changed'))
	assert.equal(todos.status.pending, 601)
	todos.swap((docs) => new Map(docs))
	assert.equal(todos.status.pending, 601)
	todos.reset(before)
	assert.deepEqual([get(todos, 'todos:1500'), get(todos, 'todos:2') === before.get('todos:2')], [{ n: 1500 }, true])
	assert.deepEqual(notices, [[{ n: 1 }, undefined]])
})
