// What a swap among 10,000 documents costs in the library, beside the bare copy of a Map that any immutable update needs.
//   node www/bench/swap.mjs
import { build } from 'esbuild'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { webcrypto } from 'node:crypto'

globalThis.crypto ??= webcrypto
const out = mkdtempSync(join(tmpdir(), 'pocketbook-bench-'))
const entry = fileURLToPath(new URL('../client/index.ts', import.meta.url))
await build({ entryPoints: [entry], bundle: true, minify: true, format: 'esm', splitting: true, outdir: out, outExtension: { '.js': '.mjs' }, logLevel: 'warning' })
const { SyncedAtom, assoc } = await import(pathToFileURL(join(out, 'index.mjs')))
rmSync(out, { recursive: true })

const COUNT = 10_000
const ROUNDS = 400
const start = new Map(Array.from({ length: COUNT }, (_, i) => [`todos:${i}`, { title: `todo ${i}`, completed: false, created: i }]))
const values = Array.from({ length: ROUNDS }, (_, i) => ({ title: `changed ${i}`, completed: true, created: i }))

function median(times) {
	return times.sort((a, b) => a - b)[times.length >> 1]
}

function time(f) {
	const times = values.map((value, i) => {
		const begin = performance.now()
		f(`todos:${(i * 7919) % COUNT}`, value)
		return performance.now() - begin
	})
	return median(times.slice(ROUNDS / 4))
}

// Nothing answers there: the library's own work is what is measured, not the server's or IndexedDB's.
const atom = new SyncedAtom({ url: 'http://127.0.0.1:9/', group: 'todos', storage: 'memory' })
atom.reset(start)
let map = start
const bare = time((id, value) => (map = new Map(map).set(id, value)))
const swap = time((id, value) => void atom.swap(assoc, id, value))
console.log(`Map copy ${bare.toFixed(3)} ms, swap ${swap.toFixed(3)} ms: ${(swap / bare).toFixed(2)} times; the library's share ${(swap - bare).toFixed(3)} ms`)
process.exit()
