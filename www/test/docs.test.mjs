// The examples of the documents run as they stand there, each against a server of its
// own, and log what they say; between them they use all that the library offers. They
// have the package, or the served library if they import that. Those of React and of
// the inspector need a page: t/page has some like them.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { format } from 'node:util'
import { atEnd, openTab, openTabWith, setUp, until } from './harness.mjs'

const read = (path) => readFile(new URL(path, import.meta.url), 'utf8')
const guide = await read('../../doc/client.md')
const types = await read('../client/types.ts')
const AsyncFunction = (async () => {}).constructor
const used = new Set()

const www = fileURLToPath(new URL('..', import.meta.url))
// Below www/, so that its dependencies are found.
const installed = mkdtempSync(join(www, 'node_modules', '.docs-test-'))
after(() => rmSync(installed, { recursive: true, force: true }))
const made = spawnSync(process.execPath, [join(www, 'package.mjs'), installed], { encoding: 'utf8' })
assert.equal(made.status, 0, made.stderr)
const { exports } = JSON.parse(await read(`../${installed.slice(www.length)}/package.json`))

/** A module of the package, as node finds it. */
function packaged(name) {
	const entry = exports[name.replace('pocketbook', '.')] ?? assert.fail(`the package has no ${name}`)
	return import(pathToFileURL(join(installed, entry.node ?? entry.default)))
}
// These add to atoms.
for (const name of ['updates', 'history']) await packaged(`pocketbook/${name}`)

/**
 * The library, with an atom that notes which options and members are used, and is ended
 * with the test.
 */
function recorded({ SyncedAtom, ...rest }) {
	function Recorded(options) {
		for (const name of Object.keys(options)) used.add('option ' + name)
		const atom = new SyncedAtom(options)
		atEnd(() => atom.destroy())
		const note = (_atom, name) => {
			if (name in atom) used.add(name)
			const member = atom[name]
			return typeof member === 'function' ? member.bind(atom) : member
		}
		return new Proxy(atom, { get: note })
	}
	return { ...rest, SyncedAtom: Recorded }
}

/** As much of AsyncStorage as is used. */
const AsyncStorage = { getAllKeys: async () => [], multiGet: async () => [], multiSet: async () => {}, multiRemove: async () => {} }

const modules = {
	'@preact/signals-core': () => import('@preact/signals-core'),
	'@react-native-async-storage/async-storage': () => ({ default: AsyncStorage }),
	pocketbook: async () => recorded(await packaged('pocketbook')),
	'./pocketbook.js': async () => recorded(await openTabWith('updates', 'history')),
	'pocketbook/file': async () => {
		const { fileStorage } = await packaged('pocketbook/file')
		return { fileStorage: (path) => fileStorage(join(installed, path)) }
	},
}

/** Imports become calls of `load`, the address becomes the server's. */
function runnable(code, url) {
	const body = code
		// They are there already.
		.replace(/^import 'pocketbook\/(updates|history)'$/gm, '')
		.replace(/^import (\w+) from/gm, 'import { default: $1 } from')
		.replace(/^import (\{.*?\}) from '(.*?)'$/gm, "const $1 = await load('$2')")
		.replaceAll('http://localhost:8080/', url)
		.replaceAll('http://localhost:8080', url)
	assert.ok(!/^import/m.test(body), 'every import is understood')
	return new AsyncFunction('load', 'console', body)
}

for (const [name, text] of [['README.md', await read('../client/README.md')], ['client.md', guide]]) {
	const examples = [...text.matchAll(/^```m?js\n(.*?)^```/gms)].map(([, code]) => code).filter((code) => !code.includes('pocketbook/inspector'))
	test(`${name}: there are examples`, () => assert.ok(examples.length))
	for (const code of examples)
		test(`${name}:${text.slice(0, text.indexOf(code)).split('\n').length}: ${code.match(/^(?!import|\/\/|\s*$).*$/m)[0]}`, async () => {
			const { server } = await setUp()
			server.tokens = code.includes('token:') ? { pbk_fresh: { user: 'ann', groups: { '*': 'rw' } } } : null
			// The server here knows no Transit.
			if (/\btransit\b/.test(code)) server.fault = () => 'drop'
			const logged = []
			await runnable(code, server.url)((module) => (modules[module] ?? packaged)(module), { log: (...all) => logged.push(format(...all)) })
			const promised = [...code.matchAll(/\/\/ (?:logs )?→ (.*)$/gm)].map(([, line]) => line)
			await until(() => logged.length >= promised.length, `it logs ${promised}`)
			assert.deepEqual(logged, promised)
		})
}

test('client.md uses every option and every member of an atom', async () => {
	const { SyncedAtom } = await openTab()
	// Names of one or two letters are shortened ones, of internal members.
	const isPublic = (name) => name !== 'constructor' && name.length > 2
	const members = Object.getOwnPropertyNames(SyncedAtom.prototype).filter(isPublic)
	const own = Object.keys(new SyncedAtom({ url: 'http://127.0.0.1:9/', group: 'g', storage: 'memory' })).filter(isPublic)
	assert.deepEqual(own.sort(), ['deref', 'onStatus', 'ready', 'subscribe', 'synced', 'updates'])
	const missing = [...names('Options').map((name) => 'option ' + name), ...members, ...own].filter((name) => !used.has(name))
	assert.deepEqual(missing, [])
})

test('client.md says what every part of the public types is', async () => {
	const served = await read('../client/served.ts')
	const values = [...served.matchAll(/^export \{ (.*) \}/gm)].flatMap(([, list]) => list.split(', '))
	const literals = ['State', 'ErrorCode'].flatMap((type) => [...types.match(new RegExp(`type ${type} =(.*?)\\n\\n`, 's'))[1].matchAll(/'(.*?)'/g)].map((m) => m[1]))
	const interfaces = ['Options', 'Status', 'Conflict', 'Rejected', 'Written', 'Cache', 'Codec', 'Storage', 'Rows', 'Loaded'].flatMap(names)
	for (const name of [...values, ...literals, ...interfaces]) assert.match(guide, new RegExp(`(?<![\\w-])${name}(?![\\w-])`), `${name} in client.md`)
	assert.ok(values.length >= 8 && literals.length >= 18 && interfaces.length >= 50, 'they are found')
})

/** The members of an interface in types.ts. */
function names(declaration) {
	const [, body] = types.match(new RegExp(`interface ${declaration}\\b.*?\\{(.*?)\\n?\\}\\n`, 's'))
	return [...body.replace(/\/\*.*?\*\//gs, '').matchAll(/(?:^|;|\{)\s*(\w+)\??[:(]/gm)].map((m) => m[1])
}
