// The transcoder and jansson, by bench/transit.
const KINDS = ['todos', 'nested', 'strings', 'escapes', 'numbers']

/** The program's output as figures; totals weight all kinds by bytes equally. */
function figuresOf(told) {
	const kinds = new Map([...told.matchAll(/^(\w+) (\d+) (\d+) (\d+)$/gm)].map(([, kind, ...rates]) => [kind, rates.map(Number)]))
	const together = (rates) => rates.length / rates.reduce((sum, rate) => sum + 1 / rate, 0)
	const over = (of) => together(KINDS.map((kind) => of(kinds.get(kind))))
	const both = ([read, write]) => 1 / (1 / read + 1 / write)
	const each = Object.fromEntries(KINDS.map((kind) => [kind, both(kinds.get(kind))]))
	return { both: over(both), in: over(([read]) => read), json: over(([, , json]) => json), ...each }
}

export default {
	name: 'transit',
	title: 'Transit in and out, five kinds of text',
	group: 'transit',
	figures: {
		both: { label: 'in and out', unit: 'B/s' },
		in: { label: 'in', unit: 'B/s' },
		json: { label: 'out as plain JSON', unit: 'B/s' },
		...Object.fromEntries(KINDS.map((kind) => [kind, { label: `in and out, ${kind}`, unit: 'B/s' }])),
	},
	goals: [
		...['both', 'in', 'json'].map((figure) => ({ figure, of: 'pocketbook', against: 'jansson', atLeast: 4 })),
		...KINDS.map((figure) => ({ figure, of: 'pocketbook', against: 'jansson' })),
	],
	async open(bench) {
		const side = (name) => async () => figuresOf(await bench.start(bench.built('bench/transit'), [name, '0.1']).result())
		return {
			sides: { pocketbook: side('pocketbook'), jansson: side('jansson') },
			notes: [
				'bytes of the Transit text a second of processor time; in is from the text to what is kept (the checked canonical form; jansson\'s tree), out from that to Transit text',
				"what is kept is Transit already, so that out is a copy; the projection to plain JSON stands beside jansson's dump, which does not translate",
			],
		}
	},
}
