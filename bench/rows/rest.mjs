// What stands still: from the start to the first answer, the program's size, memory at rest.
import { statSync } from 'node:fs'
import { memory } from '../lib/process.mjs'
import { pocketbook } from '../lib/pocketbook.mjs'

export default {
	name: 'rest',
	title: 'Start to first answer, size of the program, memory at rest',
	group: 'rest',
	figures: {
		start: { label: 'start to first answer', unit: 's' },
		size: { label: 'program', unit: 'B' },
		memory: { label: 'memory at rest', unit: 'B' },
	},
	goals: [],
	async open(bench) {
		return {
			sides: {
				pocketbook: async () => {
					const begin = performance.now()
					const { program } = await pocketbook(bench)
					const start = (performance.now() - begin) / 1000
					const bytes = memory(program.family())
					await program.stop()
					return { start, size: statSync(bench.binary).size, memory: bytes }
				},
			},
		}
	},
}
