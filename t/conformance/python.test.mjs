// The library for Python by itself: its unit tests, and its README's examples as they
// stand there, against the server.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { pull, startServer } from '../page/server.mjs'

const folder = fileURLToPath(new URL('../../clients/python/', import.meta.url))
const python = process.env.PYTHON ?? (existsSync('/usr/bin/python3') ? '/usr/bin/python3' : 'python3')
const env = { ...process.env, PYTHONPATH: folder, PYTHONDONTWRITEBYTECODE: '1' }

test('its unit tests pass', () => {
	const { status, stderr } = spawnSync(python, ['-W', 'error', '-m', 'unittest', 'discover', '-s', join(folder, 'test')], { env, encoding: 'utf8' })
	assert.equal(status, 0, stderr)
	assert.match(stderr, /Ran [1-9]\d+ tests/)
})

test('the examples of its README run', async (t) => {
	const server = await startServer()
	const work = mkdtempSync(join(tmpdir(), 'pocketbook-python-'))
	t.after(async () => {
		await server.close()
		rmSync(work, { recursive: true })
	})
	const examples = readFileSync(join(folder, 'README.md'), 'utf8').match(/(?<=```python\n)[^`]*(?=```)/g)
	assert.equal(examples.length, 3)
	const said = examples.map((example) => {
		writeFileSync(join(work, 'example.py'), example.replaceAll('http://127.0.0.1:8080', server.url))
		const { status, stdout, stderr } = spawnSync(python, ['example.py'], { cwd: work, env, encoding: 'utf8' })
		assert.equal(status, 0, stderr)
		return stdout
	})
	assert.match(said[0], /buy cheese/)
	assert.match(said[1], /changed: \['todos:2'\]/)
	const docs = await pull(server)
	assert.deepEqual([...docs.values()].map(({ title }) => title), ['mend the bicycle'])
})
