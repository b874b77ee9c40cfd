// The guard of instruction counts: what it reads, and when it speaks.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { compare, countsOf, perUnit } from '../../bench/lib/instructions.mjs'

const on = { compiler: 'GCC 12', libc6: '2.36' }
const kept = { on, counts: { push: { worker: 1000, writer: 2000 } } }
const taken = (worker, writer) => ({ on, counts: { push: { worker, writer } } })

test('counts are told by process, all workers as one', () => {
	const told = [
		'time=T level=info process=master pid=1 event=start', 'time=T level=info process=worker.0 pid=2 event=ready',
		'time=T level=info process=worker.1 pid=3 event=ready', '==2== Collected : 100', '==3== Collected : 11', '==1== Collected : 7',
	].join('\n')
	assert.deepEqual(countsOf(told), { worker: 111, master: 7 })
	assert.throws(() => countsOf('==4== Collected : 1'), /process 4/)
})

test('what starting takes drops out', () => {
	assert.deepEqual(perUnit({ worker: 10_500 }, { worker: 20_500 }, 100), { worker: 100 })
})

test('five per cent more is borne, more than that is not', () => {
	assert.equal(compare(kept, taken(1050, 2000)).grown, false)
	assert.equal(compare(kept, taken(500, 2000)).grown, false)
	const { lines, grown } = compare(kept, taken(1000, 2101))
	assert.equal(grown, true)
	assert.match(lines[0], /^ok {5}push in the worker: 1000 instructions, 1000 are kept \(1\.000 ×\)$/)
	assert.match(lines[1], /^GROWN {2}push in the writer: 2101 instructions/)
})

test('counts of other tools, and counts that are missing, are refused', () => {
	assert.throws(() => compare(kept, { ...taken(1, 1), on: { ...on, libc6: '2.41' } }), /libc6: 2\.36 then, 2\.41 now/)
	assert.throws(() => compare(kept, { ...taken(1, 1), on: { ...on, zlib: '1' } }), /zlib: none then, 1 now/)
	assert.throws(() => compare(kept, { on, counts: { push: { worker: 1 } } }), /push in the writer was not counted/)
	assert.throws(() => compare(kept, { on, counts: {} }), /was not counted/)
})

test('what is kept has all scenarios', () => {
	const { counts } = JSON.parse(readFileSync(new URL('../../bench/instructions.json', import.meta.url), 'utf8'))
	assert.deepEqual(Object.keys(counts), ['push', 'pull', 'batch', 'unkept', 'delivery'])
	for (const processes of Object.values(counts)) for (const count of Object.values(processes)) assert.ok(count > 100)
})
