// Tokens of a database.
import { execFileSync } from 'node:child_process'

/** Makes a token of the user for one group. */
export function tokenFor(bench, db, user, group) {
	const args = ['token', 'add', '--db', db, '--user', user, '--group', group]
	const told = execFileSync(bench.binary, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
	return /pbk_\S+/.exec(told)[0]
}
