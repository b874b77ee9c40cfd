// A peer for syncing: pouchdb-server, its data in memory.
import { answers, freePort } from './process.mjs'

/** Starts a server until the end of the row: resolves with {program, url}, the URL of a
 * database with these documents. */
export async function pouchdbServer(bench, database, documents = []) {
	const port = await freePort()
	const program = bench.start(
		process.execPath, [bench.source('bench/node_modules/.bin/pouchdb-server'), '--in-memory', '--no-stdout-logs', '--port', port],
		{ cwd: bench.folder(), env: { ...process.env, NODE_ENV: 'production' }, stdio: ['ignore', 'ignore', 'ignore'] },
	)
	const url = `http://127.0.0.1:${port}/${database}`
	await program.ready(() => answers(url))
	const sent = (path, method, body) => fetch(url + path, { method, body, headers: { 'content-type': 'application/json' } })
	const made = await sent('', 'PUT')
	if (!made.ok) throw new Error(`pouchdb-server made no database: ${await made.text()}`)
	for (let from = 0; from < documents.length; from += 1000) {
		const answer = await sent('/_bulk_docs', 'POST', JSON.stringify({ docs: documents.slice(from, from + 1000) }))
		if (!answer.ok) throw new Error(`pouchdb-server took no documents: ${await answer.text()}`)
		await answer.arrayBuffer()
	}
	return { program, url }
}
