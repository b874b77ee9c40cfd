// The client libraries pass the cases, and each client that breaks a rule fails some.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { badClients } from './bad-driver.mjs'
import { proveClient } from './prove-client.mjs'

const path = (name) => fileURLToPath(new URL(name, import.meta.url))
// Debian's, which has Debian's httpx.
const python = process.env.PYTHON ?? (existsSync('/usr/bin/python3') ? '/usr/bin/python3' : 'python3')

before(() => {
	const { status, stderr } = spawnSync('npm', ['--prefix', path('../../www'), 'run', '--silent', 'package'], { encoding: 'utf8' })
	assert.equal(status, 0, stderr)
	process.env.PYTHONPATH = path('../../clients/python')
})

async function prove(command) {
	const lines = []
	const failed = await proveClient(command, { write: (line) => lines.push(line) })
	return { failed, text: lines.join('\n'), skipped: lines.filter((line) => line.includes('# SKIP')).length }
}

test('the library for the browser speaks the protocol', async () => {
	const { failed, text } = await prove([process.execPath, path('js-driver.mjs')])
	assert.equal(failed, 0, text)
})

test('the library for Python speaks the protocol, all of it', async () => {
	const { failed, text, skipped } = await prove([python, path('python-driver.py')])
	assert.equal(failed, 0, text)
	assert.equal(skipped, 0, text)
})

// Side by side, as they mostly wait.
test('clients that break a rule are found out', { concurrency: true }, async (t) => {
	await Promise.all(Object.keys(badClients).map((name) => t.test(`one that ${name}`, async () => {
		const failed = await proveClient([process.execPath, path('bad-driver.mjs'), name], { stop: true, patience: 10_000, write: () => {} })
		assert.notEqual(failed, 0)
	})))
})
