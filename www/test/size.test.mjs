// The budget for the library as a page loads it, without Transit.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { minify } from 'terser'
import { INTERNAL, bundleLibrary, terser } from '../library.mjs'

const BUDGET = 12_000
const ADAPTER = 700
const TRANSIT = 7_000
const LATER = 3_000

/**
 * The size that gzip(1) makes of it. Node's zlib is not used: what it makes of the same
 * input differs by tens of bytes between node's own copy and the distribution's, and
 * between releases.
 */
function zipped(content) {
	const { status, stdout } = spawnSync('gzip', ['-9', '-n', '-c'], { input: content })
	assert.equal(status, 0, 'gzip failed')
	return stdout.length
}

test(`at most ${BUDGET} bytes, minified and gzipped, without what is loaded on demand`, async (t) => {
	const files = await bundleLibrary()
	const size = zipped(files.get('pocketbook.js'))
	t.diagnostic(`${size} bytes`)
	assert.ok(size <= BUDGET, `${size} bytes`)
	const imported = files.get('pocketbook.js').toString().match(/(?:import|from)\s*\(?["'][^"']+["']/g)
	assert.ok(imported.length)
	for (const one of imported) assert.match(one, /import\(["']\.\/pocketbook\/(transit|later)-/, 'it loads these on demand, and nothing else')
})

test(`what it loads after the first exchange at most ${LATER} bytes, minified and gzipped`, async (t) => {
	const files = await bundleLibrary()
	const size = zipped(files.get([...files.keys()].find((name) => name.includes('/later-'))))
	t.diagnostic(`${size} bytes`)
	assert.ok(size <= LATER, `${size} bytes`)
})

test(`the Transit codec at most ${TRANSIT} bytes, minified and gzipped`, async (t) => {
	const files = await bundleLibrary()
	const size = zipped(files.get([...files.keys()].find((name) => name.includes('/transit-'))))
	t.diagnostic(`${size} bytes`)
	assert.ok(size <= TRANSIT, `${size} bytes`)
})

/** An adapter, for an app that has the library and its framework. */
async function adapter(name) {
	const outside = ({ kind, path }) => (kind === 'entry-point' ? undefined : { path: path.startsWith('.') ? 'pocketbook' : path, external: true })
	const rest = { name: 'rest', setup: ({ onResolve }) => onResolve({ filter: /^[^.]|client\/index\.js$/ }, outside) }
	const entryPoints = [fileURLToPath(new URL(`../adapters/${name}.ts`, import.meta.url))]
	const { outputFiles } = await build({ entryPoints, bundle: true, format: 'esm', write: false, target: 'es2022', plugins: [rest] })
	return zipped((await minify(outputFiles[0].text, terser)).code)
}

test(`each adapter at most ${ADAPTER} bytes, minified and gzipped`, async (t) => {
	for (const name of ['react', 'preact', 'vue', 'svelte', 'solid']) {
		const size = await adapter(name)
		t.diagnostic(`${name}: ${size} bytes`)
		assert.ok(size > 100 && size <= ADAPTER, `${name}: ${size} bytes`)
	}
})

test('no name that an app, a row, a message or the protocol uses is shortened', async () => {
	const part = async (name, of = /.*/s) => (await readFile(new URL(`../client/${name}.ts`, import.meta.url), 'utf8')).match(of)[0]
	const used = await Promise.all([
		part('types'), part('message'), part('http', /.*(?=^export class Http)/ms),
		part('replica', /^export interface Write.*(?=^export interface Applied )/ms), part('exchange', /^export interface NetworkState.*?^\}/ms), part('storage', /^const KEYS.*?$/m), part('log', /^export interface Entry.*?^\}/ms),
	])
	const exported = [...(await part('later')).matchAll(/^export (?:async )?function (\w+)/gm)].map(([, name]) => `\t${name}(`)
	assert.ok(exported.length > 2)
	used.push(...exported)
	for (const name of INTERNAL) assert.doesNotMatch(used.join(''), new RegExp(`[\\t{;] ?${name}\\??[:(]`), name)
	for (const name of ['version', 'lastPull', 'took', 'supersede', 'cursor']) assert.match(used.join(''), new RegExp(`[\\t{;] ?${name}\\??[:(]`), 'it would be found')
})
