// The page's todos, from documents that any client may have written.
import assert from 'node:assert/strict'
import { fileURLToPath } from 'node:url'
import { test } from 'node:test'
import { build } from 'esbuild'

const { outputFiles } = await build({ entryPoints: [fileURLToPath(new URL('../page/todos.ts', import.meta.url))], bundle: true, format: 'esm', write: false })
const { changeTodos, listOf, removeTodos, todoOf } = await import('data:text/javascript,' + encodeURIComponent(outputFiles[0].text))

/** Numbers from 0 to n - 1, the same for the same seed. */
function random(seed) {
	let state = seed
	return (n) => {
		state = (Math.imul(state, 1103515245) + 12345) >>> 0
		return Math.floor((state / 2 ** 32) * n)
	}
}

const NAMES = ['title', 'completed', 'created', 'toString', 'valueOf', 'toJSON', 'constructor', '__proto__', 'length', 'then', '']
const TEXTS = ['', 'buy cheese', '2024-01-01', '\\ud800', '<b>', 'Infinity']

/** The text of random JSON. */
function json(below, depth = 0) {
	const kind = below(depth > 3 ? 5 : 8)
	if (kind === 0) return 'null'
	if (kind === 1) return String(!below(2))
	if (kind === 2) return ['0', '-1', '1e999', '-1e999', '1700000000000', '0.5', '1e-999'][below(7)]
	if (kind < 5) return `"${TEXTS[below(TEXTS.length)]}"`
	const items = Array.from({ length: below(5) }, () => json(below, depth + 1))
	if (kind === 5) return `[${items}]`
	return `{${items.map((item) => `"${NAMES[below(NAMES.length)]}":${item}`)}}`
}

test('whatever JSON a document is, it has a line in the list, and can be changed and removed', () => {
	for (let seed = 0; seed < 300; seed++) {
		const below = random(seed)
		const docs = new Map(Array.from({ length: 20 }, (_, i) => [`todos:${i}`, JSON.parse(json(below))]))
		for (const [id, value] of docs) {
			const todo = todoOf(id, value)
			assert.deepEqual(Object.entries(todo).map(([name, of]) => `${name} ${typeof of}`), ['id string', 'title string', 'completed boolean', 'created number'], JSON.stringify(value))
			assert.ok(!Number.isNaN(todo.created))
		}
		const list = listOf(docs)
		assert.deepEqual(list.map(({ id }) => id).sort(), [...docs.keys()].sort())
		// The order is the same, however the documents come.
		assert.deepEqual(listOf(new Map([...docs].reverse())).map(({ id }) => id), list.map(({ id }) => id))
		const changed = changeTodos(docs, docs.keys(), { completed: true })
		assert.ok(listOf(changed).every(({ completed }) => completed))
		assert.equal(removeTodos(changed, docs.keys()).size, 0)
	}
})

test('a document that cannot be read does not hide the others', () => {
	const trap = {
		get title() {
			throw new Error('of a title')
		},
	}
	const docs = new Map([['todos:1', { toString: 1, valueOf: 1 }], ['todos:2', { created: { toString: 1, valueOf: 1 } }], ['todos:3', trap], ['todos:4', { title: 'here' }]])
	const list = listOf(docs)
	assert.deepEqual(list.map(({ id }) => id), ['todos:1', 'todos:2', 'todos:3', 'todos:4'])
	assert.deepEqual(list.slice(2).map(({ title }) => title), ['todos:3', 'here'])
})
