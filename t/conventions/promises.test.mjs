// Each promise of doc/reliability.md and SECURITY.md has a test beside it that exists:
// the last column of tables whose header ends in "tested by".
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../', import.meta.url))
const read = (path) => readFileSync(root + path, 'utf8')
const suites = [...read('dev.d/suites.sh').matchAll(/^suite (\S+) /gm)].map(([, name]) => name)
const files = ['t', 'www'].flatMap((folder) => readdirSync(root + folder, { recursive: true })).filter((path) => !path.includes('node_modules/')).map((path) => path.split('/').pop())
const tests = new Set(files.map((name) => /^(\d{4}-.*)\.sh$|^((?:test|fuzz)_\w+)\.c$|^(.*)\.test\.mjs$/.exec(name)).filter(Boolean).map(([, ...names]) => names.find(Boolean)))

/** The rows of those tables: [the first cell, the last]. */
function promises(text) {
	const tables = text.split('\n\n').filter((block) => /^\|.*\| tested by \|$/m.test(block))
	return tables.flatMap((block) => block.split('\n').slice(2)).filter((line) => line.startsWith('|')).map((line) => line.split('|').slice(1, -1)).map((cells) => [cells[0].trim(), cells.at(-1)])
}

/** Does this command, or path of a test, exist? */
function isThere(command) {
	const [program, word, ...names] = command.split(' ')
	if (program === './dev' && word === 'test') return names.length > 0 && names.every((name) => suites.includes(name) || tests.has(name))
	if (program === './dev') return read('dev').includes(`\n${word}() {`)
	return existsSync(root + program) || existsSync(`${root}${program}.c`)
}

for (const path of ['doc/reliability.md', 'SECURITY.md']) {
	test(`${path}: each promise has its test`, () => {
		const rows = promises(read(path))
		assert.ok(rows.length > 10)
		for (const [promise, cell] of rows) {
			const commands = [...cell.matchAll(/`([^`]+)`/g)].map(([, text]) => text)
			assert.ok(commands.length > 0, `no test of: ${promise}`)
			for (const command of commands) assert.ok(isThere(command), `${command}, of: ${promise}`)
		}
	})
}
