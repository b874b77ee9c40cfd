// nginx as a peer: streams by nchan, responses by itself.
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { answers, freePort } from './process.mjs'

/** Starts nginx until the end of the row, with a configuration of bench/ in
 * which @names@ are replaced by values: {program, port, url}. */
async function nginx(bench, source, values) {
	const folder = bench.folder()
	const port = await freePort()
	const file = join(folder, 'nginx.conf')
	const all = { folder, port, ...values }
	writeFileSync(file, readFileSync(bench.source(source), 'utf8').replace(/@(\w+)@/g, (_, name) => all[name]))
	mkdirSync(join(folder, 'files'))
	chmodSync(folder, 0o755) // if started by root, its workers run as another user
	const program = bench.start('nginx', ['-p', folder, '-c', file])
	const url = `http://127.0.0.1:${port}`
	await program.ready(() => answers(`${url}/readyz`))
	return { program, port, url, folder }
}

/** nginx with nchan. */
export const nchan = (bench, { workers = 2 } = {}) => nginx(bench, 'bench/nchan.conf', { workers, modules: '/usr/lib/nginx/modules' })

/** nginx that returns `answer` for /nothing, and a text for each /NAME of `files`,
 * {NAME: text}. */
export async function plainNginx(bench, { workers = 2, answer = '', files = {} } = {}) {
	const peer = await nginx(bench, 'bench/nginx.conf', { workers, answer })
	for (const [name, text] of Object.entries(files)) writeFileSync(join(peer.folder, 'files', name), text)
	return peer
}
