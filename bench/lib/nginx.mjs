// nginx as a peer: streams by nchan, answers by itself.
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { answers, freePort } from './process.mjs'

/** Starts nginx with a configuration of bench/, in which values stand in for @their names@. {program, port, url}; ended with the row. */
async function nginx(bench, source, values) {
	const folder = bench.folder()
	const port = await freePort()
	const file = join(folder, 'nginx.conf')
	const all = { folder, port, ...values }
	writeFileSync(file, readFileSync(bench.source(source), 'utf8').replace(/@(\w+)@/g, (_, name) => all[name]))
	mkdirSync(join(folder, 'files'))
	chmodSync(folder, 0o755) // started by root, its workers are somebody else
	const program = bench.start('nginx', ['-p', folder, '-c', file])
	const url = `http://127.0.0.1:${port}`
	await program.ready(() => answers(`${url}/readyz`))
	return { program, port, url, folder }
}

/** nginx with nchan. */
export const nchan = (bench, { workers = 2 } = {}) => nginx(bench, 'bench/nchan.conf', { workers, modules: '/usr/lib/nginx/modules' })

/** nginx that answers /nothing with `answer`, and /NAME with each of `files`, {NAME: text}. */
export async function plainNginx(bench, { workers = 2, answer = '', files = {} } = {}) {
	const peer = await nginx(bench, 'bench/nginx.conf', { workers, answer })
	for (const [name, text] of Object.entries(files)) writeFileSync(join(peer.folder, 'files', name), text)
	return peer
}
