// The harness of bench/: what is said of the rounds, and when a goal counts as reached.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { judge, measure } from '../../bench/lib/measure.mjs'
import { median, spread } from '../../bench/lib/stats.mjs'
import { lines, quantity } from '../../bench/lib/table.mjs'

function row(goals, turns = []) {
	const side = (name, numbers) => async (round) => {
		turns.push(name)
		return { rate: numbers[round] }
	}
	return {
		name: 'row',
		title: 'A row',
		group: 'streams',
		figures: { rate: { label: 'deliveries', unit: '/s' } },
		goals,
		open: async () => ({ sides: { ours: side('ours', [1, 200, 300, 400]), peer: side('peer', [1, 100, 200, 100]) } }),
	}
}

test('median and spread', () => {
	assert.equal(median([3, 1, 2]), 2)
	assert.equal(median([4, 1, 2, 3]), 2.5)
	assert.deepEqual(spread([3, 1, 2]), { median: 2, low: 1, high: 3 })
})

test('sides take turns at being first, and the warm-up does not count', async () => {
	const turns = []
	const { sides } = await measure(row([], turns), 3)
	assert.deepEqual(turns, ['ours', 'peer', 'peer', 'ours', 'ours', 'peer', 'peer', 'ours'])
	assert.deepEqual(sides.ours.rate.rounds, [200, 300, 400])
	assert.equal(sides.peer.rate.median, 100)
})

test('a row has the rounds that it wants', async () => {
	const { sides } = await measure({ ...row([]), rounds: 3 }, 2)
	assert.deepEqual(sides.ours.rate.rounds, [200, 300, 400])
})

test('a ratio is taken round by round', async () => {
	const { goals } = await measure(row([{ figure: 'rate', of: 'ours', against: 'peer', atLeast: 2 }]), 3)
	assert.deepEqual(goals[0].value, { median: 2, low: 1.5, high: 4 })
	assert.equal(goals[0].reached, true)
})

test('a goal that is missed says so', () => {
	const taken = { ours: [{ rate: 90 }, { rate: 110 }, { rate: 95 }], peer: [{ rate: 100 }, { rate: 100 }, { rate: 100 }] }
	assert.equal(judge({ figure: 'rate', of: 'ours', against: 'peer', atLeast: 1 }, taken).reached, false)
	assert.equal(judge({ figure: 'rate', of: 'ours', against: 'peer', atMost: 0.95 }, taken).reached, true)
	assert.equal(judge({ figure: 'rate', of: 'ours', atMost: 94 }, taken).reached, false)
	assert.equal(judge({ figure: 'rate', of: 'ours', atMost: 95 }, taken).reached, true)
})

test('the table tells figures, spread and goals', async () => {
	const goals = [{ figure: 'rate', of: 'ours', against: 'peer', atLeast: 3 }, { figure: 'rate', of: 'ours', atLeast: 10 }]
	assert.deepEqual(lines(await measure(row(goals), 3)), [
		'A row',
		'  ours  deliveries 300 /s (200 /s – 400 /s)',
		'  peer  deliveries 100 /s (100 /s – 200 /s)',
		'  MISSED   deliveries: ours is 2.00 × peer (1.50 × – 4.00 ×), wanted at least 3.00 ×',
		'  reached  deliveries: ours has 300 /s (200 /s – 400 /s), wanted at least 10 /s',
	])
	assert.equal(quantity(123456, '/s'), '123 k/s')
	assert.equal(quantity(0.00123, 's'), '1.23 ms')
	assert.equal(quantity(-5.98e-8, 's'), '-59.8 ns')
})

test('what a row opened is closed when it fails', async () => {
	let closed = false
	const failing = {
		...row([]),
		open: async (bench) => {
			bench.defer(() => (closed = true))
			throw new Error('no peer')
		},
	}
	await assert.rejects(measure(failing, 1), /no peer/)
	assert.equal(closed, true)
})
