// The results of a row as text for a terminal.

const LARGE = [[1e9, 'G'], [1e6, 'M'], [1e3, 'k'], [1, '']]
const SMALL = [[1, ''], [1e-3, 'm'], [1e-6, 'µ'], [1e-9, 'n']]

/** Three significant digits with a unit: 12300, '/s' is "12.3 k/s"; 0.0123, 's' is
 * "12.3 ms". */
export function quantity(number, unit = '') {
	if (number === 0 || !Number.isFinite(number)) return `${number} ${unit}`.trim()
	const [scale, prefix] = (unit === 's' ? SMALL : LARGE).find(([scale]) => Math.abs(number) >= scale) ?? [1, '']
	const text = Number((number / scale).toPrecision(3)).toString()
	return prefix + unit ? `${text} ${prefix}${unit}` : text
}

/** The lines of one measured row: a line for each side, then one for each goal. */
export function lines({ title, figures, sides, goals, notes }) {
	const out = [title]
	const width = Math.max(...Object.keys(sides).map((side) => side.length))
	for (const [side, taken] of Object.entries(sides)) {
		const cells = Object.entries(taken).map(([figure, { median, low, high }]) => {
			const { label = figure, unit } = figures[figure]
			return `${label} ${quantity(median, unit)} (${quantity(low, unit)} – ${quantity(high, unit)})`
		})
		out.push(`  ${side.padEnd(width)}  ${cells.join('   ')}`)
	}
	for (const goal of goals) out.push(`  ${goalText(goal, figures)}`)
	for (const note of notes) out.push(`  note: ${note}`)
	return out
}

function goalText({ figure, of, against, atLeast, atMost, value, reached }, figures) {
	const { label = figure, unit } = figures[figure]
	const ratio = against !== undefined
	const show = (number) => (ratio ? `${number.toFixed(2)} ×` : quantity(number, unit))
	const what = ratio ? `${label}: ${of} is ${show(value.median)} ${against}` : `${label}: ${of} has ${show(value.median)}`
	const range = `(${show(value.low)} – ${show(value.high)})`
	if (atLeast === undefined && atMost === undefined) return `${what} ${range}`
	const wanted = atLeast !== undefined ? `at least ${show(atLeast)}` : `at most ${show(atMost)}`
	return `${reached ? 'reached' : 'MISSED '}  ${what} ${range}, wanted ${wanted}`
}
