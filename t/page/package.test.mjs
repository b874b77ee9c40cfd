// The npm package, installed from a server that runs.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { isFake, pull, startServer } from './server.mjs'

const modules = fileURLToPath(new URL('../../www/node_modules/', import.meta.url))

test('npm installs the package from a server, and a program that uses it runs', { skip: isFake && 'the stand-in has no package' }, async (t) => {
	const server = await startServer()
	t.after(() => server.close())
	const app = mkdtempSync(join(tmpdir(), 'pocketbook-install-'))
	t.after(() => rmSync(app, { recursive: true, force: true }))
	const run = (command, ...args) => {
		const { status, stdout, stderr, error } = spawnSync(command, args, { cwd: app, encoding: 'utf8' })
		assert.equal(status, 0, `${command} ${args.join(' ')}: ${error ?? stdout + stderr}`)
		return stdout
	}
	const { dependencies } = JSON.parse(readFileSync(new URL('../../www/package.json', import.meta.url)))
	// Its dependencies are those of the client's own tests: nothing else is
	// asked of the network.
	const overrides = Object.fromEntries(Object.keys(dependencies).map((name) => [name, `file:${modules}${name}`]))
	writeFileSync(join(app, 'package.json'), JSON.stringify({ private: true, type: 'module', overrides }))
	run('npm', 'install', '--no-audit', '--no-fund', '--cache', join(app, '.npm'), `${server.url}pocketbook.tgz`)
	writeFileSync(join(app, 'app.mjs'), `
		import { SyncedAtom, assoc } from 'pocketbook'
		const todos = new SyncedAtom({ url: '${server.url}', group: 'todos', storage: 'memory' })
		await todos.swap(assoc, 'todos:1', { title: 'buy cheese' }).server
		await todos.destroy()
		console.log('done')`)
	assert.equal(run(process.execPath, 'app.mjs'), 'done\n')
	assert.deepEqual([...(await pull(server)).values()], [{ title: 'buy cheese' }])
	const { version } = JSON.parse(readFileSync(join(app, 'node_modules/pocketbook/package.json')))
	assert.match(readFileSync(new URL('../../configure.ac', import.meta.url), 'utf8'), new RegExp(`\\[pocketbook\\], \\[${version}\\]`), 'of its own version')
})
