// The budget of what a page loads for the library, Transit aside.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { bundleLibrary } from '../library.mjs'

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
