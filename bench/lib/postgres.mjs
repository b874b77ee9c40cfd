// Pocketbook on PostgreSQL: a cluster in a folder of the row, and hosts that share its
// database.
import { execFileSync } from 'node:child_process'
import { chmodSync, chownSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { pocketbook } from './pocketbook.mjs'
import { until } from './process.mjs'

const NOBODY = 65534

/** Runs PostgreSQL until the end of the row, with the settings of a server that keeps
 * what it has acknowledged: {program, database(name), sql(text, database),
 * start(text, database)}. */
export async function postgres(bench, settings = {}) {
	const bin = execFileSync('pg_config', ['--bindir'], { encoding: 'utf8' }).trim()
	const folder = bench.folder(), data = join(folder, 'data')
	const as = { cwd: folder, env: { ...process.env, HOME: folder } }
	// PostgreSQL refuses to run as root.
	if (process.getuid() === 0) {
		Object.assign(as, { uid: NOBODY, gid: NOBODY })
		chmodSync(folder, 0o755)
		chownSync(folder, NOBODY, NOBODY)
	}
	execFileSync(join(bin, 'initdb'), ['-D', data, '-U', 'pb', '-A', 'trust', '-E', 'UTF8', '--locale=C.UTF-8'], { ...as, stdio: 'ignore' })
	const all = { listen_addresses: '', unix_socket_directories: folder, shared_buffers: '128MB', ...settings }
	const program = bench.start(join(bin, 'postgres'), ['-D', data, ...Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])], as)
	const words = (text, database) => ['-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1', '-h', folder, '-U', 'pb', '-d', database, '-c', text]
	const sql = (text, database = 'postgres') => execFileSync(join(bin, 'psql'), words(text, database), { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
	await program.ready(() => {
		try {
			return sql('SELECT 1')
		} catch {
			return false
		}
	})
	sql('CREATE ROLE app LOGIN')
	return {
		program,
		sql,
		/** A session with SQL that takes long. */
		start: (text, database) => bench.start(join(bin, 'psql'), words(text, database)),
		/** The URL of a new database, with so many lanes. */
		database(name, lanes = 1) {
			sql(`CREATE DATABASE ${name} OWNER app`)
			const url = `postgresql://app@/${name}?host=${folder}`
			execFileSync(bench.binary, ['init', '--db', url, '--lanes', String(lanes)], { stdio: 'ignore' })
			return url
		},
	}
}

/** So many hosts on the database, as pocketbook() of pocketbook.mjs. */
export async function hosts(bench, db, count = 1, { workers = 2, options = [] } = {}) {
	const some = []
	for (let i = 0; i < count; i++) {
		const run = join(bench.folder(), 'run')
		mkdirSync(run, { mode: 0o700 })
		some.push(await pocketbook(bench, { workers, db, options: [...options, '--runtime-dir', run] }))
	}
	return some
}

/** Resolves when PostgreSQL has nobody but hosts to serve, so that nothing of the row's
 * making disturbs what is measured. */
export const quiet = ({ sql }) =>
	until('autovacuum to end', () => sql(`SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'autovacuum worker'`).trim() === '0')
