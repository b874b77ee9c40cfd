// Peers for pushes: rxdb-server, and SQLite's own loop.
import { join } from 'node:path'
import { answers, freePort } from './process.mjs'

/** Starts rxdb-server in memory with a collection `todos`: {program, url}. */
export async function rxdb(bench) {
	const port = await freePort()
	const url = `http://127.0.0.1:${port}`
	const env = { ...process.env, NODE_ENV: 'production' }
	const program = bench.start(process.execPath, [bench.source('bench/peers/rxdb.mjs'), port], { env })
	await program.ready(() => answers(url))
	return { program, url }
}

/** Runs bench/sqlite.c, with its options, on a new database: each call resolves with
 * {documents, seconds}. */
export function sqliteLoop(bench, batch, ...options) {
	const program = bench.start(bench.built('bench/sqlite'), [join(bench.folder(), 'sqlite.db'), batch, ...options])
	let first = 1
	const insert = async (seconds) => {
		const before = program.told.length
		program.stdin.write(`${first} ${seconds}\n`)
		first += 10_000_000
		await program.ready(() => program.told.indexOf('\n', before) >= 0)
		return JSON.parse(program.told.slice(before))
	}
	return { program, insert }
}
