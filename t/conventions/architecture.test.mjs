// The files and functions that doc/architecture.md names exist: the steps of a write,
// and the modules in its text.
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { root } from './rules.mjs'

const read = (path) => readFileSync(root + path, 'utf8')
const architecture = read('doc/architecture.md')
const names = (cell) => cell.split(',').map((name) => name.replaceAll('`', '').trim())

test('each step of a write names files and functions that exist', () => {
	const section = architecture.split('\n## The way of a write\n')[1].split('\n## ')[0]
	const steps = [...section.matchAll(/^\| (.+) \| (\S+\.c.*) \| (`.+`) \|$/gm)]
	assert.ok(steps.length >= 10)
	for (const [, , files, functions] of steps) {
		const code = names(files).map(read).join('\n')
		for (const name of names(functions)) assert.match(code, new RegExp(`^[a-z].*\\b${name}\\(`, 'm'), `${name} in ${files}`)
	}
})

test('each module in the text exists', () => {
	const modules = [...architecture.matchAll(/`((?:base|os|ipc|shm|transit|store|auth|worker|writer|master|cli)\/[\w/]+)(?:\.[ch])?`/g)].map(([, path]) => path)
	assert.ok(modules.length >= 20)
	for (const path of modules) assert.ok(['', '.c', '.h'].some((end) => existsSync(root + path + end)), path)
})
