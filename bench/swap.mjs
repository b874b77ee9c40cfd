// Measures the library's part of a swap among 10,000 documents, and for comparison the
// copy of a Map that it avoids.
//   (cd www && npm ci) && node bench/swap.mjs
import { webcrypto } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { bundleLibrary } from '../www/library.mjs'

const COUNT = 10_000
const ROUNDS = 21
const SWAPS = 50
/** Rounds that do not count, while code is being compiled. */
const WARM_UP = 5

globalThis.crypto ??= webcrypto

/** The published library. */
async function load() {
	const dir = mkdtempSync(join(tmpdir(), 'pocketbook-bench-'))
	try {
		const file = join(dir, 'pocketbook.mjs')
		writeFileSync(file, (await bundleLibrary()).get('pocketbook.js'))
		return await import(pathToFileURL(file))
	} finally {
		rmSync(dir, { recursive: true })
	}
}

function median(numbers) {
	return numbers.sort((a, b) => a - b)[numbers.length >> 1]
}

/** Milliseconds per change of a round. */
function time(round, change) {
	const begin = performance.now()
	for (let i = round * SWAPS; i < (round + 1) * SWAPS; i++)
		change(`todos:${(i * 7919) % COUNT}`, { title: `changed ${i}`, completed: true, created: i })
	return (performance.now() - begin) / SWAPS
}

const { SyncedAtom, assoc } = await load()
let map = new Map(Array.from({ length: COUNT }, (_, i) => [`todos:${i}`, { title: `todo ${i}`, completed: false, created: i }]))
// No server answers there: only the library's own work is measured.
const atom = new SyncedAtom({ url: 'http://127.0.0.1:9/', group: 'todos', storage: 'memory' })
atom.reset(map)

const rounds = []
for (let round = 0; round < ROUNDS + WARM_UP; round++) {
	// In turns, so that other load affects both.
	const bare = time(round, (id, value) => (map = new Map(map).set(id, value)))
	const swap = time(round, (id, value) => void atom.swap(assoc, id, value))
	if (round >= WARM_UP) rounds.push({ bare, swap })
}
const [bare, swap, ratio] = [({ bare }) => bare, ({ swap }) => swap, ({ bare, swap }) => swap / bare].map((of) => median(rounds.map(of)))
console.log(`${COUNT} documents, medians of ${ROUNDS} rounds of ${SWAPS} changes:`)
console.log(`  copy of a Map  ${bare.toFixed(3)} ms`)
console.log(`  swap           ${swap.toFixed(3)} ms, ${swap < 1 ? 'within' : 'over'} its budget of 1 ms`)
console.log(`  ratio          ${ratio.toFixed(2)}`)
process.exit(swap < 1 ? 0 : 1)
