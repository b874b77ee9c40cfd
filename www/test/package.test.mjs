// The npm package: it loads, its types hold, and the same sources give the same bundle.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { bundleLibrary } from '../library.mjs'

const www = fileURLToPath(new URL('..', import.meta.url))
// Below www/, so that its dependencies are found.
const folder = mkdtempSync(join(www, 'node_modules', '.package-test-'))
after(() => rmSync(folder, { recursive: true, force: true }))

function run(script, ...args) {
	const { status, stdout, stderr } = spawnSync(process.execPath, [join(www, script), ...args], { encoding: 'utf8' })
	assert.equal(status, 0, stdout + stderr)
}

test('the package loads, and a program that uses it passes the type check', async () => {
	const out = join(folder, 'pocketbook')
	run('package.mjs', out)
	const { SyncedAtom, assoc, dissoc, loadTransit, PocketbookError } = await import(pathToFileURL(join(out, 'index.js')))
	for (const made of [SyncedAtom, assoc, dissoc, loadTransit, PocketbookError]) assert.equal(typeof made, 'function')
	for (const name of ['README.md', 'client.md'])
		for (const [, link] of readFileSync(join(out, name), 'utf8').matchAll(/\]\(([^#)][^)]*)\)/g)) assert.ok(existsSync(join(out, link)), `${name} points to ${link}`)
	const manifest = JSON.parse(readFileSync(join(out, 'package.json')))
	assert.deepEqual(Object.keys(manifest.dependencies), ['transit-js'])
	const served = (await bundleLibrary()).get('pocketbook.js').toString()
	assert.equal(readFileSync(join(out, 'index.js'), 'utf8'), served.replace(/\.\/pocketbook\/transit-\w+\.js/g, './transit.js'), 'the same as the server serves')
	const t = await loadTransit()
	assert.equal(t.keyword, (await import('transit-js')).default.keyword, 'the transit-js that the app has')
	writeFileSync(join(folder, 'app.mts'), `
		import { SyncedAtom, assoc, type Docs } from './pocketbook/index.js'
		interface Todo { title: string }
		const atom = new SyncedAtom<Todo>({ group: 'todos', merge: (base, mine, theirs) => mine ?? theirs })
		const sent: Promise<void> = atom.swap(assoc, 'todos:1', { title: 'x' }).server
		const docs: Docs<Todo> = atom.deref()
		// @ts-expect-error: no such option
		new SyncedAtom({ group: 'todos', colour: 'red' })
		// @ts-expect-error: not a todo
		atom.swap(assoc, 'todos:1', 7)
		export { sent, docs }`)
	run('node_modules/typescript/bin/tsc', '--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2022', '--lib', 'es2022,dom', join(folder, 'app.mts'))
})

const hashes = (dir) =>
	readdirSync(dir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath ?? entry.path, entry.name))
		.sort().map((path) => [path.slice(dir.length), createHash('sha256').update(readFileSync(path)).digest('hex')])

test('the bundle and the C source made of it are the same each time', () => {
	const dirs = ['a', 'b'].map((name) => mkdtempSync(join(tmpdir(), `pocketbook-${name}-`)))
	try {
		for (const dir of dirs) {
			run('build.mjs', join(dir, 'dist'))
			run('embed.mjs', join(dir, 'dist'), join(dir, 'embedded.c'))
		}
		const [one, two] = dirs.map(hashes)
		assert.ok(one.some(([path]) => path.endsWith('/index.html')))
		assert.deepEqual(one, two)
	} finally {
		for (const dir of dirs) rmSync(dir, { recursive: true })
	}
})

test('the lock file pins versions and names no host', () => {
	const lock = readFileSync(join(www, 'package-lock.json'), 'utf8')
	assert.ok(!/"resolved"|https?:\/\/(?!.*(funding|sponsor|opencollective))[^"]*\.tgz/.test(lock))
	const { dependencies, devDependencies } = JSON.parse(readFileSync(join(www, 'package.json')))
	for (const version of Object.values({ ...dependencies, ...devDependencies })) assert.match(version, /^\d+\.\d+\.\d+$/)
})
