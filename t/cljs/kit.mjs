// The package as an app has it, for interpreters and compilers of ClojureScript.
import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const here = fileURLToPath(new URL('.', import.meta.url))
export const tools = join(here, 'node_modules')
const www = fileURLToPath(new URL('../../www/', import.meta.url))

/** A folder with the package, which is removed in the end. */
export function makeApp(after) {
	const app = mkdtempSync(join(tmpdir(), 'pocketbook-cljs-'))
	after(() => rmSync(app, { recursive: true, force: true }))
	const modules = join(app, 'node_modules')
	mkdirSync(modules)
	const { status, stderr } = spawnSync(process.execPath, [join(www, 'package.mjs'), join(modules, 'pocketbook')], { encoding: 'utf8' })
	if (status !== 0) throw new Error(stderr)
	symlinkSync(join(www, 'node_modules/eventsource-parser'), join(modules, 'eventsource-parser'))
	symlinkSync(join(tools, 'cherry-cljs'), join(modules, 'cherry-cljs'))
	return app
}

/** Runs node, for five minutes at most; what it wrote, and its exit code or signal. */
export function run(cwd, args, env = {}) {
	const child = spawn(process.execPath, args, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'], timeout: 300_000 })
	let out = ''
	for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (out += chunk))
	return new Promise((resolve) => child.on('close', (code, signal) => resolve({ code: code ?? signal, out })))
}
