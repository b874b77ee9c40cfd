// Measures Pocketbook and its peers: node bench/run.mjs [--rounds N] [NAME...]
// Without a NAME, all rows are measured and bench/results.json is rewritten; with
// names, only the results of those rows are replaced.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus, release } from 'node:os'
import { parseArgs } from 'node:util'
import { measure } from './lib/measure.mjs'
import { lines } from './lib/table.mjs'

const RESULTS = new URL('results.json', import.meta.url)
/** The order of the table; other rows come last. */
const ORDER = ['fanout', 'groups', 'docs', 'wake', 'opening', 'idle', 'many', 'deep', 'pushes', 'batches', 'history', 'written', 'workers', 'shares', 'pull-nothing', 'pull-100', 'pull-unkept', 'pull-gzip',
	'pull-under-load', 'token', 'nested', 'first-sync', 'size',
	'hosts-pushes', 'hosts-batches', 'hosts-two', 'hosts-lanes', 'hosts-snapshot', 'hosts-event', 'hosts-pull-nothing', 'rest', 'transit', 'transit-client', 'client', 'many-docs', 'first-sync-browser']

async function rows() {
	const folder = new URL('rows/', import.meta.url)
	const files = readdirSync(folder).filter((name) => name.endsWith('.mjs'))
	const all = await Promise.all(files.map(async (name) => (await import(new URL(name, folder))).default))
	const place = ({ name }) => (ORDER.indexOf(name) + 1 || ORDER.length + 1)
	return all.sort((a, b) => place(a) - place(b))
}

function fail(text) {
	console.error(`bench: ${text}`)
	process.exit(2)
}

function options(argv) {
	try {
		const { values, positionals } = parseArgs({ args: argv, options: { rounds: { type: 'string', default: '5' } }, allowPositionals: true })
		const rounds = Number(values.rounds)
		if (!Number.isInteger(rounds) || rounds < 1) fail(`--rounds takes a number from 1, not '${values.rounds}'`)
		return { rounds, names: positionals }
	} catch (error) {
		return fail(error.message)
	}
}

function earlier() {
	try {
		return JSON.parse(readFileSync(RESULTS, 'utf8')).rows
	} catch {
		return []
	}
}

const { rounds, names } = options(process.argv.slice(2))
const known = await rows()
const unknown = names.find((name) => !known.some((row) => row.name === name))
if (unknown !== undefined) fail(`no row is called '${unknown}'; there are ${known.map(({ name }) => name).join(', ')}`)
const chosen = names.length ? known.filter(({ name }) => names.includes(name)) : known

const results = []
let broken = 0
for (const row of chosen) {
	const begin = performance.now()
	try {
		const result = await measure(row, rounds, (text) => process.stderr.isTTY && process.stderr.write(`\r\x1b[K${text}`))
		if (process.stderr.isTTY) process.stderr.write('\r\x1b[K')
		results.push({ ...result, seconds: Math.round((performance.now() - begin) / 1000) })
		console.log(lines(result).join('\n') + '\n')
	} catch (error) {
		broken++
		console.error(`${row.name} could not be measured: ${error.stack}\n`)
	}
}
const replaced = new Set(results.map(({ name }) => name))
const kept = names.length ? earlier().filter(({ name }) => !replaced.has(name)) : []
const place = ({ name }) => known.findIndex((row) => row.name === name)
const all = [...kept, ...results].sort((a, b) => place(a) - place(b))
const machine = { processors: cpus().length, model: cpus()[0].model, kernel: release(), node: process.version }
writeFileSync(RESULTS, JSON.stringify({ rounds, machine, rows: all }, null, '\t') + '\n')
const goals = results.flatMap((row) => row.goals).filter((goal) => goal.atLeast !== undefined || goal.atMost !== undefined)
const missed = goals.filter((goal) => !goal.reached).length
console.log(`${goals.length - missed} goals reached, ${missed} missed, ${broken} rows could not be measured`)
process.exit(broken ? 1 : 0)
