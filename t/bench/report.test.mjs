// What is made of the outcome: tables in a document, and pictures.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fill, section } from '../../bench/lib/markdown.mjs'
import { pictures, shownFigures } from '../../bench/lib/panels.mjs'

const of = (median) => ({ median, low: median / 2, high: median * 2, rounds: [] })

const row = {
	name: 'row',
	title: 'A row | of two',
	group: 'streams',
	figures: { rate: { label: 'deliveries', unit: '/s' }, p50: { unit: 's' }, p99: { unit: 's' }, last: { unit: 's' } },
	sides: {
		pocketbook: { rate: of(20_000), p50: of(0.01), p99: of(0.02), last: of(0.03) },
		peer: { rate: of(500), p50: of(0.1), p99: of(0.2), last: of(0.3) },
	},
	goals: [
		{ figure: 'p50', of: 'pocketbook', against: 'peer', value: of(0.1), reached: true },
		{ figure: 'rate', of: 'pocketbook', against: 'peer', atLeast: 100, value: of(40), reached: false },
	],
	notes: ['a note'],
}
const results = { rounds: 5, machine: { processors: 2, model: 'M', kernel: 'K', node: 'v20' }, rows: [row] }

test('only what is between the marks of a document is written anew', () => {
	const text = 'before\n<!-- results a -->\nold\n<!-- end -->\nbetween\n<!-- results b -->\n<!-- end -->\nafter\n'
	const filled = fill(text, (name) => `new ${name}\n`)
	assert.equal(filled, 'before\n<!-- results a -->\nnew a\n<!-- end -->\nbetween\n<!-- results b -->\nnew b\n<!-- end -->\nafter\n')
	assert.equal(fill(filled, (name) => `new ${name}\n`), filled)
})

test('a goal that is missed says so, one that is only shown says nothing', () => {
	const [, , shown, missed] = section(results, 'all').split('\n')
	assert.match(shown, /^\| A row \\\| of two \| p50 \| pocketbook to peer \| 0\.10 × \(0\.05 × – 0\.20 ×\) \| {2}\| {2}\|$/)
	assert.match(missed, /\| 40\.00 × \(20\.00 × – 80\.00 ×\) \| ≥ 100\.00 × \| \*\*no\*\* \|$/)
})

test('a group shows its sides by the figures that have a goal', () => {
	assert.deepEqual(shownFigures(row), ['rate'])
	assert.deepEqual(shownFigures({ ...row, goals: [] }), ['rate', 'p50', 'p99', 'last'])
	const lines = section(results, 'streams').split('\n')
	assert.equal(lines[0], '![Streams](performance/streams.svg)')
	assert.equal(lines[5], '| A row \\| of two | deliveries | peer | 500 /s (250 /s – 1 k/s) |')
	assert.ok(lines.includes('- A row | of two: a note.'))
	assert.equal(section(results, 'pushes'), 'Not measured yet.\n')
})

test('a panel has one unit for all of its sides', () => {
	const [bars, times] = pictures(results)
	assert.equal(bars.name, 'streams')
	assert.deepEqual(bars.panels[0].bars.map(({ side, median, high }) => [side, median, high]), [['pocketbook', 20, 40], ['peer', 0.5, 1]])
	assert.equal(bars.panels[0].note, 'deliveries, k/s · pocketbook is 40.00 × peer')
	assert.deepEqual(times.panels[0].spans[1].times, [100, 200, 300])
})
