// What a configuration file and variables say is meant for serve: an option of another
// command that has the name of one of serve's is given as a word alone.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'

const cli = new URL('../../cli/', import.meta.url)
const read = (name) => readFileSync(new URL(name, cli), 'utf8')

/** The options of a file: name and text of the entry. */
const entries = (text) => text.split(/(?=\.name = ")/).slice(1).map((part) => [/^\.name = "([^"]+)"/.exec(part)[1], part])

test('options with the name of one of serve are given as words alone', () => {
	const served = new Set(entries(read('serve_options.c')).map(([name]) => name))
	const files = readdirSync(cli).filter((name) => /\.[ch]$/.test(name) && !['serve_options.c', 'command.h'].includes(name))
	const same = files.flatMap((file) => entries(read(file)).filter(([name]) => served.has(name)).map(([name, part]) => ({ file, name, part })))
	assert.ok(same.some(({ name }) => name === 'history'), 'some are found')
	// A flag is never read from elsewhere.
	assert.deepEqual(same.filter(({ part }) => !/only_as_word = true|\.kind = OPTION_FLAG/.test(part)).map(({ file, name }) => `cli/${file}: ${name}`), [])
})
