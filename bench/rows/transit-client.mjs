// The client's Transit codec and transit-js, in node.
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const www = createRequire(new URL('../../www/', import.meta.url))
const COUNT = 1000
const ROUNDS = 30

/** The values of documents as the server sends them: each a text of its own. */
function texts(t) {
	const writer = t.writer('json-verbose')
	const k = t.keyword
	return Array.from({ length: COUNT }, (_, i) => writer.write(t.map([
		k('title'), `buy milk and bread, ${i} of them`, k('completed'), i % 3 === 0, k('created'), new Date(1_700_000_000_000 + i),
		k('tags'), t.set([k('food'), k('shop')]), k('by'), t.map([k('name'), 'ann', k('id'), t.uuid(`f81d4fae-7dec-11d0-a765-${String(i).padStart(12, '0')}`)]),
	])))
}

/** Seconds of processor time for each text. */
function side(f) {
	return () => {
		const begin = process.cpuUsage()
		for (let n = 0; n < ROUNDS; n++) f()
		const { user, system } = process.cpuUsage(begin)
		return (user + system) / 1e6 / ROUNDS / COUNT
	}
}

export default {
	name: 'transit-client',
	title: "Transit values read and written by the client's codec, in node",
	group: 'client',
	rounds: 9,
	figures: {
		read: { label: 'processor time to read a value', unit: 's' },
		decode: { label: 'without JSON.parse', unit: 's' },
		write: { label: 'processor time to write a value', unit: 's' },
	},
	goals: [
		{ figure: 'read', of: 'pocketbook', against: 'transit-js', atMost: 1 / 2 },
		{ figure: 'decode', of: 'pocketbook', against: 'transit-js', atMost: 1 / 2 },
		{ figure: 'write', of: 'pocketbook', against: 'transit-js' },
	],
	async open(bench) {
		const file = join(bench.folder(), 'transit.mjs')
		await www('esbuild').build({ entryPoints: [bench.source('www/client/transit.ts')], outfile: file, bundle: true, minify: true, format: 'esm', target: 'es2022', logLevel: 'error' })
		const { t } = await import(pathToFileURL(file))
		const all = { pocketbook: t, 'transit-js': www('transit-js') }
		const sides = Object.entries(all).map(([name, lib]) => {
			const found = texts(lib)
			const [reader, writer] = [lib.reader('json'), lib.writer('json-verbose')]
			const values = found.map((text) => reader.read(text))
			const read = side(() => found.forEach((text) => reader.read(text)))
			const parse = side(() => found.forEach((text) => JSON.parse(text)))
			const write = side(() => values.forEach((value) => writer.write(value)))
			return [name, async () => {
				const whole = read()
				return { read: whole, decode: whole - parse(), write: write() }
			}]
		})
		return { sides: Object.fromEntries(sides), notes: ['a value is a map of five keywords with a text, a date, a set of keywords and a map with a UUID, 200 bytes; all of them are read and written in one process, in turn', 'both begin with JSON.parse, which takes the same time for both'] }
	},
}
