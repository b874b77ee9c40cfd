// Pocketbook's side: the release build, in a folder of the row.
import { join } from 'node:path'
import { answers, freePort, Program } from './process.mjs'

/**
 * Serves a new database (or the file `db`), without authentication unless told, with 2
 * workers, until the end of the row. Resolves with {program, port, url, db}. `options`
 * are further arguments of `pocketbook serve`.
 */
export async function pocketbook(bench, { workers = 2, auth = 'off', db = join(bench.folder(), 'pocketbook.db'), options = [] } = {}) {
	const port = await freePort()
	const url = `http://127.0.0.1:${port}`
	const args = ['serve', '--db', db, '--listen', `127.0.0.1:${port}`, '--workers', workers, '--auth', auth, ...options]
	const program = bench.start(bench.binary, args)
	await program.ready(() => answers(`${url}/readyz`))
	return { program, port, url, db }
}
