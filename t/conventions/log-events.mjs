// The events of the log, as the sources write them, beside the table of
// doc/log-events.md. log-events.test.mjs checks that the two agree.
//
//   node t/conventions/log-events.mjs            lists what differs
//   node t/conventions/log-events.mjs --write    brings the table up to date: new events get an empty meaning
import { readFileSync, writeFileSync } from 'node:fs'
import { root, thisTree } from './rules.mjs'

export const page = 'doc/log-events.md'
const isSource = (path) => /\.c$/.test(path) && !/^(t|bench)\//.test(path) && path !== 'base/log.c'
const order = ['error', 'warn', 'info', 'debug']

/** The text from `at` to the parenthesis that closes the first one opened there. */
function call(text, at) {
	let depth = 0
	for (let i = at; i < text.length; i++) {
		if (text[i] === '"') while (text[++i] !== '"') i += text[i] === '\\'
		else if (text[i] === '(') depth++
		else if (text[i] === ')' && --depth === 0) return text.slice(at, i + 1)
	}
	return text.slice(at)
}

/** The function around `at`: functions open and close in the first column. */
const around = (text, at) => text.slice(text.lastIndexOf('\n{', at), text.indexOf('\n}', at))

const keysIn = (text) => [...text.matchAll(/LOG_(?:TEXT|NUMBER)\(\s*"([a-z0-9_]+)"/g)].map((match) => match[1])
const levelsIn = (text) => [...text.matchAll(/LOG_(ERROR|WARN|INFO|DEBUG)\b/g)].map((match) => match[1].toLowerCase())

/** The functions of this file that are called in `words` and return `type`. */
function called(text, words, type) {
	const names = [...words.matchAll(/\b([a-z_]+)\(/g)].map((match) => match[1])
	const starts = names.map((name) => text.search(new RegExp(`^static ${type} ${name}\\(`, 'm')))
	return starts.map((at) => (at < 0 ? '' : text.slice(at, text.indexOf('\n}', at)))).join('\n')
}

const levelsBy = (text, words) => levelsIn(called(text, words, 'enum log_level'))
const fieldsBy = (text, words) => [...keysIn(words), ...keysIn(called(text, words, 'struct log_field'))]

/** {event: {levels, fields}}: both as sets. A call whose fields or level stand in a
 * variable has those of its function. */
export function eventsOf(tree) {
	const events = {}
	for (const path of tree.paths.filter(isSource)) {
		const text = tree.read(path)
		for (const match of text.matchAll(/\blog_(error|warn|info|debug|put|write)\(/g)) {
			const words = call(text, match.index)
			const event = /"([a-z_]+)"/.exec(words)?.[1]
			if (!event) continue
			const general = match[1] === 'put' || match[1] === 'write'
			const fields = general && !keysIn(words).length ? fieldsBy(text, around(text, match.index)) : keysIn(words)
			const levels = !general ? [match[1]] : [levelsIn(words), levelsIn(around(text, match.index)), levelsBy(text, around(text, match.index))].find((found) => found.length) ?? []
			events[event] ??= { levels: new Set(), fields: new Set() }
			for (const level of levels) events[event].levels.add(level)
			for (const field of fields) events[event].fields.add(field)
		}
	}
	return events
}

const levelCell = (levels) => order.filter((level) => levels.has(level)).join(', ')
const fieldCell = (fields) => [...fields].map((field) => `\`${field}\``).join(' ')

/** {event: {levels, fields, meaning}} of the page: cells as they stand there. */
export function rowsOf(text) {
	const rows = text.matchAll(/^\| `([a-z_]+)` \| ([^|]*?) ?\| ([^|]*?) ?\| (.*?) ?\|$/gm)
	return Object.fromEntries([...rows].map(([, event, levels, fields, meaning]) => [event, { levels, fields, meaning }]))
}

/** What is wrong with the page, a line each. */
export function differences(events, rows) {
	const bad = []
	for (const [event, { levels, fields }] of Object.entries(events)) {
		const row = rows[event]
		if (!row) bad.push(`${event}: is logged and not listed`)
		else if (row.levels !== levelCell(levels)) bad.push(`${event}: level ${row.levels}, is logged as ${levelCell(levels)}`)
		else if (row.fields !== fieldCell(fields)) bad.push(`${event}: fields ${row.fields}, is logged with ${fieldCell(fields)}`)
		else if (!row.meaning) bad.push(`${event}: has no meaning`)
	}
	for (const event of Object.keys(rows)) if (!events[event]) bad.push(`${event}: is listed and never logged`)
	return bad
}

export function written(text, events) {
	const rows = rowsOf(text)
	const table = Object.keys(events)
		.sort()
		.map((event) => `| \`${event}\` | ${levelCell(events[event].levels)} | ${fieldCell(events[event].fields)} | ${rows[event]?.meaning ?? ''} |`)
	return text.replace(/(^\| event \|.*\n\|[-|]+\|\n)(?:\|.*\n)*/m, (_, head) => `${head}${table.join('\n')}\n`)
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
	const events = eventsOf(thisTree())
	const text = readFileSync(root + page, 'utf8')
	if (process.argv[2] === '--write') writeFileSync(root + page, written(text, events))
	for (const line of differences(events, rowsOf(readFileSync(root + page, 'utf8')))) console.log(line)
}
