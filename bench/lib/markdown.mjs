// Results as Markdown, between the marks of a document.
import { pictures, shownFigures } from './panels.mjs'
import { quantity } from './table.mjs'

const MARKED = /(<!-- results (\S+) -->\n)[^]*?(<!-- end -->)/g

/** Replaces the text between the marks of each NAME by content(NAME). */
export function fill(text, content) {
	return text.replace(MARKED, (_, begin, name, end) => `${begin}${content(name)}${end}`)
}

const cell = (text) => text.replaceAll('|', '\\|')
const table = (head, lines) => [head, head.map(() => '---'), ...lines].map((cells) => `| ${cells.map(cell).join(' | ')} |\n`).join('')

const times = (number) => `${number.toFixed(2)} ×`
const range = ({ median, low, high }, show) => `${show(median)} (${show(low)} – ${show(high)})`

/** A line for each goal, and for each comparison without one. */
function goalLines({ title, figures, goals }) {
	return goals.map(({ figure, of, against, atLeast, atMost, value, reached }) => {
		const { label = figure, unit } = figures[figure]
		const show = against === undefined ? (number) => quantity(number, unit) : times
		const bound = atLeast !== undefined ? `≥ ${show(atLeast)}` : atMost !== undefined ? `≤ ${show(atMost)}` : ''
		return [title, label, against === undefined ? of : `${of} to ${against}`, range(value, show), bound, bound && (reached ? 'yes' : '**no**')]
	})
}

/** A line for each side and figure. */
function sideLines(row) {
	return shownFigures(row).flatMap((figure) => Object.entries(row.sides).filter(([, taken]) => taken[figure]).map(([side, taken]) => {
		const { label = figure, unit } = row.figures[figure]
		return [row.title, label, side, range(taken[figure], (number) => quantity(number, unit))]
	}))
}

/** The text in lines of at most 88 columns, of which all but the first begin with
 * `indent`. */
function wrapped(text, indent = '') {
	const lines = []
	for (const word of text.split(' ')) {
		const line = lines.pop()
		if (line === undefined) lines.push(word)
		else if (line.length + 1 + word.length > 88) lines.push(line, indent + word)
		else lines.push(`${line} ${word}`)
	}
	return lines.join('\n') + '\n'
}

const item = (text) => wrapped(`- ${text}`, '  ')

const notes = (rows) => rows.flatMap(({ title, notes }) => (notes.length ? [item(`${title}: ${notes.join('; ')}.`)] : [])).join('')

/** The section NAME: `machine`, `all`, or the picture and the rows of a group. */
export function section({ rounds, machine, rows }, name) {
	if (name === 'machine')
		return wrapped(`${machine.processors} processors (${machine.model}), Linux ${machine.kernel}, node ${machine.node}; ${rounds} rounds or more.`)
	if (name === 'all')
		return table(['row', 'figure', 'of', 'median (lowest – highest round)', 'to reach', 'reached'], rows.flatMap(goalLines))
	const picture = pictures({ rows }).find((picture) => picture.name === name)
	if (!picture) return 'Not measured yet.\n'
	const shown = `![${picture.title}](performance/${name}.svg)\n`
	const some = rows.filter(({ group }) => group === name)
	return some.length === 0 ? shown : shown + '\n' + table(['row', 'figure', 'side', 'median (lowest – highest round)'], some.flatMap(sideLines)) + '\n' + notes(some)
}
