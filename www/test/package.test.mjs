// The npm package: it loads, its types hold, its maps lead to the sources, it bundles
// without what is not imported, and the same sources give the same bytes.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const www = fileURLToPath(new URL('..', import.meta.url))
// An app below www/, so that the package's dependencies are found.
const app = mkdtempSync(join(www, 'node_modules', '.package-test-'))
const installed = join(app, 'node_modules/pocketbook')
after(() => rmSync(app, { recursive: true, force: true }))

function run(script, ...args) {
	const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args], { encoding: 'utf8', cwd: app })
	assert.equal(status, 0, stdout + stderr)
	return stdout
}
const tool = (script, ...args) => run(join(www, script), ...args)

/** A file of the app. */
function file(name, text) {
	writeFileSync(join(app, name), text)
	return join(app, name)
}

tool('package.mjs', installed)
const manifest = JSON.parse(readFileSync(join(installed, 'package.json')))

test('it has the modules that it names, and no links that lead nowhere', () => {
	for (const entry of Object.values(manifest.exports))
		for (const path of typeof entry === 'string' ? [entry] : Object.values(entry)) assert.ok(existsSync(join(installed, path.replace('/*', ''))), path)
	for (const name of ['README.md', 'client.md', 'clojurescript.md'])
		for (const [, link] of readFileSync(join(installed, name), 'utf8').matchAll(/\]\(([^#)][^)]*)\)/g)) assert.ok(existsSync(join(installed, link)), `${name} points to ${link}`)
	assert.deepEqual(manifest.sideEffects, ['./client/history.js', './client/join.js', './client/updates.js', './adapters/program.js', './adapters/inspector.js'])
	assert.deepEqual(Object.keys(manifest.dependencies), ['eventsource-parser'])
})

test('each module is readable and has a map with its source', () => {
	const modules = readdirSync(installed, { recursive: true }).filter((name) => name.endsWith('.js'))
	assert.ok(modules.length > 20)
	for (const name of modules) {
		const [, map] = /^\/\/# sourceMappingURL=(.*)$/m.exec(readFileSync(join(installed, name), 'utf8')) ?? assert.fail(`${name} has no map`)
		const { sources, sourcesContent } = JSON.parse(readFileSync(join(installed, dirname(name), map), 'utf8'))
		assert.equal(sourcesContent.length, 1)
		const part = dirname(name)
		assert.equal(sourcesContent[0], readFileSync(join(www, part, sources[0]), 'utf8'), `${name}: the source is ${sources[0]}`)
	}
})

test('it runs in node', () => {
	const script = file('run.mjs', `
		import assert from 'node:assert/strict'
		import { SyncedAtom, assoc, dissoc, loadTransit, mergeFields, PocketbookError } from 'pocketbook'
		import { transit, t } from 'pocketbook/transit'
		for (const made of [SyncedAtom, assoc, dissoc, loadTransit, PocketbookError]) assert.equal(typeof made, 'function')
		assert.equal(t, await (await import('pocketbook/transit')).loadTransit())
		assert.deepEqual(mergeFields({ a: 1 }, { a: 2 }, { a: 1, b: 1 }, 'todos:1', transit), { a: 2, b: 1 })
		const options = { url: 'http://127.0.0.1:9', group: 'todos', storage: 'memory' }
		for (let twice = 0; twice < 2; twice++)
			assert.throws(() => new SyncedAtom({ ...options, codec: 'transit' }), /import \\{ transit \\} from 'pocketbook\\/transit'/)
		const atom = new SyncedAtom({ ...options, codec: transit })
		atom.swap(assoc, 'todos:1', t.keyword('cheese'))
		assert.equal(atom.deref().get('todos:1').name(), 'cheese')
		await atom.destroy()
		console.log('done')`)
	assert.equal(run(script), 'done\n')
})

const WRONG = `
	[undefined, 'the options are missing'],
	['todos', 'the options are missing'],
	[{ url }, 'the option group is missing'],
	[{ url, group: '' }, 'the option group is missing'],
	[{ url, group: 7 }, 'the option group must be a string, and is 7'],
	[{ url, group: '*' }, 'the option group is "*", which is no group for an atom: name one'],
	[{ url, group: 'todos:' }, 'the option group must not end in a colon, and is "todos:"'],
	[{ group }, 'the option url is missing, and there is no page of a server'],
	[{ url: 'localhost:8080', group }, 'the option url must begin with http:// or https://, and is "localhost:8080"'],
	[{ url: 'example.org', group }, 'the option url must begin with http:// or https://, and is "example.org"'],
	[{ url: 'http://ann:secret@example.org', group }, 'the option url must have no user and no password'],
	[{ url: url + '/?x', group }, 'the option url must have no ? and no #, and is "http://127.0.0.1:9/?x"'],
	[{ url: 9, group }, 'the option url must be a string, and is 9'],
	[{ url, group, token: {} }, 'the option token must be a string or a function, and is of type object'],
	[{ url, group, user: 7 }, 'the option user must be a string, and is 7'],
	[{ url, group, codec: 'xml' }, /^the option codec must be 'json', transit of pocketbook\\/transit or an object with .*, and is "xml"$/],
	[{ url, group, codec: null }, /^the option codec must be .*, and is null$/],
	[{ url, group, codec: { name: 'x' } }, /^the option codec must be .*, and is of type object$/],
	[{ url, group, cache: new Map() }, 'the option cache must be an object with the methods deref, reset and addWatch, and is of type object'],
	[{ url, group, interval: 'x' }, 'the option interval must be a number, and is "x"'],
	[{ url, group, interval: NaN }, 'the option interval must be a number, and is NaN'],
	[{ url, group, merge: 'mine' }, 'the option merge must be a function, and is "mine"'],
	[{ url, group, updates: { add: 1 } }, 'the option updates must be an object of functions, and is of type object'],
	[{ url, group, schema: 1.5 }, 'the option schema must be a whole number, and is 1.5'],
	[{ url, group, meta: 'yes' }, 'the option meta must be true or false, and is "yes"'],
	[{ url, group, upgrade: 1 }, 'the option upgrade must be a function, and is 1'],
	[{ url, group, storage: 'disk' }, /^the option storage must be 'indexeddb', 'memory' or an object with .*, and is "disk"$/],
	[{ url, group, storage: {} }, /^the option storage must be .*, and is of type object$/],
	[{ url, group, intervall: 5 }, 'there is no option intervall; there are url, group, token, user, codec, cache, interval, merge, updates, schema, meta, upgrade, storage'],
	[{ url, group, toString: 5 }, /^there is no option toString/],`

test('wrong options are refused with the name of the option and the reason', () => {
	const script = file('wrong.mjs', `
		import assert from 'node:assert/strict'
		import { SyncedAtom, assoc } from 'pocketbook'
		import 'pocketbook/updates'
		const [url, group] = ['http://127.0.0.1:9', 'todos']
		for (const [options, why] of [${WRONG}])
			assert.throws(() => new SyncedAtom(options), (error) => {
				assert.equal(error.name, 'TypeError')
				const [, said] = /^pocketbook: (.*)$/s.exec(error.message) ?? assert.fail(error.message)
				typeof why === 'string' ? assert.equal(said, why) : assert.match(said, why)
				return true
			})
		const none = { token: null, user: null, merge: null, interval: undefined, colour: undefined }
		for (const options of [{ url }, { url: new URL(url) }, { url, interval: 0, meta: true, schema: 2, updates: {}, upgrade() {} }, { url, ...none }]) {
			const atom = new SyncedAtom({ group, storage: 'memory', ...options })
			atom.transact(assoc, 'todos:1', 'fine')
			assert.equal(atom.deref().get('todos:1'), 'fine')
			await atom.destroy()
		}
		console.log('done')`)
	assert.equal(run(script), 'done\n')
})

test('a program that uses it passes the strict type check, also of the types themselves', () => {
	const source = file('app.mts', `
		import { SyncedAtom, assoc, type Docs } from 'pocketbook'
		import { transit } from 'pocketbook/transit'
		interface Todo { title: string }
		const atom = new SyncedAtom<Todo>({ group: 'todos', codec: transit, merge: (base, mine, theirs) => mine ?? theirs })
		const sent: Promise<void> = atom.swap(assoc, 'todos:1', { title: 'x' }).server
		const docs: Docs<Todo> = atom.deref()
		// @ts-expect-error: no such option
		new SyncedAtom({ group: 'todos', colour: 'red' })
		// @ts-expect-error: not a todo
		atom.swap(assoc, 'todos:1', 7)
		export { sent, docs }`)
	typeCheck(source)
})

function typeCheck(source, more) {
	const compilerOptions = { noEmit: true, strict: true, types: [], module: 'nodenext', target: 'es2022', lib: ['es2022', 'dom'], ...more }
	const config = file('tsconfig.json', JSON.stringify({ compilerOptions, files: [source] }))
	tool('node_modules/typescript/bin/tsc', '-p', config)
}

test('so do programs that use the adapters and the storages', () => {
	const source = file('adapters.mts', `
		import type { SyncedAtom, Docs, Status } from 'pocketbook'
		import * as react from 'pocketbook/react'
		import * as vue from 'pocketbook/vue'
		import * as solid from 'pocketbook/solid'
		import * as preact from 'pocketbook/preact'
		import * as svelte from 'pocketbook/svelte'
		import { openOffline } from 'pocketbook/sw'
		import { type PocketbookInspector, inspect } from 'pocketbook/inspector'
		import { fileStorage } from 'pocketbook/file'
		import { asyncStorage } from 'pocketbook/async-storage'
		interface Todo { title: string }
		declare const atom: SyncedAtom<Todo>
		export const inReact = () => {
			const todos: SyncedAtom<Todo> | undefined = react.useSyncedAtom<Todo>('todos', { url: '.', storage: fileStorage('x') })
			const docs: Docs<Todo> = react.useDocs(todos)
			const title: string | undefined = react.useDoc(todos, 'todos:1')?.title
			const state: string = react.useStatus(todos, ({ state }) => state)
			const status: Status = react.useStatus(todos)
			return [docs, title, state, status, react.useConflicts(todos)[0]?.mine?.title, react.useRejected(todos)[0]?.reason]
		}
		export const title: (string | undefined)[] = [vue.useDoc(atom, () => 'x').value?.title, solid.useDoc(atom, 'x')()?.title, preact.doc(atom, 'x').value?.title]
		svelte.doc(atom, 'x').set({ title: 'x' })
		// @ts-expect-error: not a todo
		svelte.doc(atom, 'x').set(7)
		export const inspector: PocketbookInspector = inspect(atom)
		export const registered: Promise<ServiceWorkerRegistration | undefined> = openOffline()
		declare const AsyncStorage: Parameters<typeof asyncStorage>[0]
		export const options = { group: 'todos', storage: asyncStorage(AsyncStorage) }`)
	// The frameworks' own types are not looked at.
	typeCheck(source, { skipLibCheck: true })
})

/** The modules in a bundle of one file. */
async function bundled(text, loader = 'js') {
	const stdin = { contents: text, resolveDir: app, loader }
	const { metafile, outputFiles } = await build({ stdin, bundle: true, format: 'iife', metafile: true, external: ['node:*'], write: false, logLevel: 'silent', define: { 'process.env.NODE_ENV': '"production"' } })
	assert.equal(outputFiles.length, 1)
	return Object.entries(Object.values(metafile.outputs)[0].inputs).filter(([, { bytesInOutput }]) => bytesInOutput).map(([name]) => name)
}

test('a bundle in one file has the Transit codec only if the app imports the codec', async () => {
	const has = async (text) => (await bundled(text)).some((name) => name.includes('transit-text'))
	assert.equal(await has(`import { SyncedAtom } from 'pocketbook'; new SyncedAtom({ group: 'todos', codec: 'transit' })`), false)
	assert.equal(await has(`import { SyncedAtom } from 'pocketbook'; import { transit } from 'pocketbook/transit'; new SyncedAtom({ group: 'todos', codec: transit })`), true)
})

test('what an app imports and does not use is not in its bundle', async () => {
	for (const name of Object.keys(manifest.exports).filter((name) => !/json$|updates|history|join|cljs|inspector/.test(name)))
		assert.deepEqual((await bundled(`import * as it from 'pocketbook${name.slice(1)}'`)).filter((path) => path.includes('pocketbook')), [], name)
})

const hashes = (dir) =>
	readdirSync(dir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath ?? entry.path, entry.name))
		.sort().map((path) => [path.slice(dir.length), createHash('sha256').update(readFileSync(path)).digest('hex')])

test('the bundle, the package and the C source made of them are the same each time', () => {
	const dirs = ['a', 'b'].map((name) => mkdtempSync(join(tmpdir(), `pocketbook-${name}-`)))
	try {
		for (const dir of dirs) {
			tool('build.mjs', join(dir, 'dist'))
			tool('package.mjs', join(dir, 'dist/pocketbook.tgz'))
			tool('embed.mjs', join(dir, 'dist'), join(dir, 'embedded.c'))
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
