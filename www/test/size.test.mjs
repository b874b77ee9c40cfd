// The budget of what a page loads for the library, Transit aside.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { INTERNAL, bundleLibrary } from '../library.mjs'

const BUDGET = 10_240

test(`at most ${BUDGET} bytes, minified and gzipped, without Transit`, async (t) => {
	const files = await bundleLibrary()
	const size = gzipSync(files.get('pocketbook.js'), { level: 9 }).length
	t.diagnostic(`${size} bytes`)
	assert.ok(size <= BUDGET, `${size} bytes`)
	const imported = files.get('pocketbook.js').toString().match(/(?:import|from)\s*\(?["'][^"']+["']/g)
	assert.ok(imported.length)
	for (const one of imported) assert.match(one, /import\("\.\/pocketbook\/transit-/, 'it loads nothing by itself, and Transit only on demand')
})

test('no name that an app, a row, another tab or the server says is shortened', async () => {
	const part = async (name, of = /.*/s) => (await readFile(new URL(`../client/${name}.ts`, import.meta.url), 'utf8')).match(of)[0]
	const said = await Promise.all([
		part('types'), part('message'), part('http', /.*(?=^export class Http)/ms),
		part('replica', /^export interface Write.*(?=^interface Doc )/ms), part('loop', /^export interface Net.*?^\}/ms),
	])
	for (const name of INTERNAL) assert.doesNotMatch(said.join(''), new RegExp(`[\\t{;] ?${name}\\??[:(]`), name)
	for (const name of ['version', 'lastPull', 'took', 'supersede', 'cursor']) assert.match(said.join(''), new RegExp(`[\\t{;] ?${name}\\??[:(]`), 'it would be found')
})
