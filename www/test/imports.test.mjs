// The modules of the client import each other without a circle. Types may: `import
// type` leaves nothing in the bundle.
import assert from 'node:assert/strict'
import { readFile, readdir } from 'node:fs/promises'
import { test } from 'node:test'

const folder = new URL('../client/', import.meta.url)

/** The modules of the client that a source file imports or exports values of. */
function imports(source) {
	const statements = source.matchAll(/^(?:import|export)\s+(?!type\s)(?:(\{[^}]*\}|[\w*, ]+?)\s+from\s+)?'\.\/([\w-]+)\.js'/gm)
	const valued = (names) => !names?.startsWith('{') || names.slice(1, -1).split(',').some((name) => name.trim() && !/^\s*type\s/.test(name))
	return [...statements].filter(([, names]) => valued(names)).map(([, , module]) => module)
}

/** A path through the imports that ends where it began, if there is one. */
function circle(graph) {
	const done = new Set()
	const visit = (module, path) => {
		if (path.includes(module)) return [...path.slice(path.indexOf(module)), module]
		if (done.has(module)) return
		for (const next of graph.get(module) ?? []) {
			const found = visit(next, [...path, module])
			if (found) return found
		}
		done.add(module)
	}
	for (const module of graph.keys()) {
		const found = visit(module, [])
		if (found) return found
	}
}

test('no module of the client imports itself, directly or through others', async () => {
	const names = (await readdir(folder)).filter((name) => /^[\w-]+\.ts$/.test(name))
	const sources = await Promise.all(names.map((name) => readFile(new URL(name, folder), 'utf8')))
	const graph = new Map(names.map((name, i) => [name.slice(0, -3), imports(sources[i])]))
	assert.ok([...graph.values()].flat().length > 30, 'imports are found')
	assert.deepEqual(circle(graph), undefined)
})

test('a circle would be found, and one of types only would not', () => {
	const graph = (a, b) => new Map([['a', imports(a)], ['b', imports(b)]])
	assert.deepEqual(circle(graph("import { b } from './b.js'", "import { type T, a } from './a.js'")), ['a', 'b', 'a'])
	assert.deepEqual(circle(graph("export { b } from './b.js'", "import './a.js'")), ['a', 'b', 'a'])
	assert.equal(circle(graph("import { b } from './b.js'", "import type { A } from './a.js'")), undefined)
	assert.equal(circle(graph("import { b } from './b.js'", "import { type A } from './a.js'")), undefined)
})
