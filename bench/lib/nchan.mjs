// A peer for streams: nginx with nchan.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { answers, freePort } from './process.mjs'

/** {program, port}; ended with the row. */
export async function nchan(bench, { workers = 2 } = {}) {
	const folder = bench.folder()
	const port = await freePort()
	const values = { folder, port, workers, modules: '/usr/lib/nginx/modules' }
	const file = join(folder, 'nginx.conf')
	writeFileSync(file, readFileSync(bench.source('bench/nchan.conf'), 'utf8').replace(/@(\w+)@/g, (_, name) => values[name]))
	const program = bench.start('nginx', ['-p', folder, '-c', file])
	await program.ready(() => answers(`http://127.0.0.1:${port}/readyz`))
	return { program, port }
}
