// Start-up time, size of the program, memory at rest.
import { execFileSync } from 'node:child_process'
import { statSync } from 'node:fs'
import { plainNginx } from '../lib/nginx.mjs'
import { rxdb } from '../lib/peers.mjs'
import { pocketbook } from '../lib/pocketbook.mjs'
import { memory } from '../lib/process.mjs'

const nginxBinary = () => execFileSync('sh', ['-c', 'command -v nginx'], { encoding: 'utf8' }).trim()

/** A side that starts a server, measures it and ends it. */
function startSide(start, binary) {
	return async () => {
		const begin = performance.now()
		const { program } = await start()
		const took = (performance.now() - begin) / 1000
		const bytes = memory(program.family())
		await program.stop()
		return { start: took, size: statSync(binary).size, memory: bytes }
	}
}

export default {
	name: 'rest',
	title: 'Start to first answer, size of the program, memory at rest',
	group: 'rest',
	figures: {
		start: { label: 'start to first answer', unit: 's' },
		size: { label: 'program', unit: 'B' },
		memory: { label: 'memory at rest', unit: 'B' },
	},
	goals: ['start', 'size', 'memory'].flatMap((figure) => ['nginx', 'rxdb-server'].map((against) => ({ figure, of: 'pocketbook', against }))),
	async open(bench) {
		return {
			sides: {
				pocketbook: startSide(() => pocketbook(bench), bench.binary),
				nginx: startSide(() => plainNginx(bench), nginxBinary()),
				'rxdb-server': startSide(() => rxdb(bench), process.execPath),
			},
			notes: [
				'memory is the PSS of all processes: ours with 2 workers and the writer, nginx with 2 workers',
				"the program of rxdb-server is node's binary alone, without its packages; ours holds the page and the client library",
				'the first answer is looked for every 10 ms',
			],
		}
	},
}
