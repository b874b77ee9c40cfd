// The pictures of the results: panels of bars, one per row and figure, and panels of
// delivery times.
import { quantity } from './table.mjs'

/** The names of the pictures, by the `group` of rows. */
export const TITLES = {
	streams: 'Streams', memory: 'Memory', pushes: 'Pushes', pulls: 'Pulls', sync: 'First sync', transit: 'Transit', client: 'In the browser',
	hosts: 'Several hosts', rest: 'At rest',
}
const TIMES = ['p50', 'p99', 'last']

/** The figures of a row to show: those with goals, otherwise those compared, otherwise
 * all. */
export function shownFigures({ figures, goals }) {
	const named = (some) => [...new Set(some.map(({ figure }) => figure))]
	const wanted = named(goals.filter(({ atLeast, atMost }) => atLeast !== undefined || atMost !== undefined))
	return [wanted, named(goals), Object.keys(figures)].find((some) => some.length)
}

/** {factor, unit, show}: one unit for all numbers of a panel, chosen by the largest. */
function scaleFor(numbers, unit = '') {
	const text = quantity(Math.max(...numbers), unit)
	const [, shown = ''] = text.split(' ')
	const prefix = shown.slice(0, shown.length - unit.length)
	return { factor: { G: 1e-9, M: 1e-6, k: 1e-3, m: 1e3, µ: 1e6 }[prefix] ?? 1, unit: shown }
}

function goalNote({ of, against, value }) {
	return `${of} is ${value.median.toFixed(2)} × ${against}`
}

function barPanel(row, figure) {
	const sides = Object.entries(row.sides).filter(([, taken]) => taken[figure])
	const { label = figure, unit } = row.figures[figure]
	const { factor, unit: shown } = scaleFor(sides.map(([, taken]) => taken[figure].high), unit)
	const notes = row.goals.filter((goal) => goal.figure === figure && goal.against !== undefined).map(goalNote)
	return {
		title: row.title,
		note: [shown && shown !== label ? `${label}, ${shown}` : label, ...notes].join(' · '),
		bars: sides.map(([side, { [figure]: { median, low, high } }]) => ({
			side, median: median * factor, low: low * factor, high: high * factor, text: quantity(median, unit),
		})),
	}
}

function timesPanel(row) {
	return {
		title: row.title,
		note: 'ms from the commit to half of the deliveries, to 99 of 100, to the last one',
		spans: Object.entries(row.sides).map(([side, taken]) => ({ side, times: TIMES.map((figure) => taken[figure].median * 1e3) })),
	}
}

/** [{name, title, panels}]: a picture for each measured group, and one of delivery
 * times. */
export function pictures({ rows }) {
	const groups = [...new Set(rows.map(({ group }) => group))]
	const all = groups.map((group) => ({
		name: group,
		title: TITLES[group] ?? group,
		panels: rows.filter((row) => row.group === group).flatMap((row) => shownFigures(row).map((figure) => barPanel(row, figure))),
	}))
	const timed = rows.filter(({ figures, sides }) => TIMES.every((figure) => figures[figure] && Object.values(sides).every((taken) => taken[figure])))
	if (timed.length) all.push({ name: 'times', title: 'Delivery times', panels: timed.map(timesPanel) })
	return all
}
