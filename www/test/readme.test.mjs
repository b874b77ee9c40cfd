// The examples of the README run as they stand there, each against a server of its own.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { openTab, setUp, until } from './harness.mjs'

const text = await readFile(new URL('../client/README.md', import.meta.url), 'utf8')
const examples = [...text.matchAll(/^```js\n(.*?)^```/gms)].map(([, code]) => code)
const AsyncFunction = (async () => {}).constructor
const modules = { '@preact/signals-core': () => import('@preact/signals-core'), pocketbook: openTab }

/** Imports become parameters' properties, the address becomes the server's. */
function runnable(code, url) {
	const body = code.replace(/^import (\{.*?\}) from '(.*?)'$/gm, "const $1 = await load('$2')").replaceAll('http://localhost:8080', url)
	assert.ok(!/^import/m.test(body), 'every import is understood')
	return new AsyncFunction('load', 'console', `${body}\nreturn { todos }`)
}

test('there are examples', () => assert.ok(examples.length >= 8))

for (const [i, code] of examples.entries())
	test(`example ${i + 1}: ${code.match(/^(?!import|\s*$).*$/m)[0]}`, async () => {
		const { server } = await setUp()
		// The server here knows no Transit.
		if (code.includes("'transit'")) server.fault = () => 'drop'
		const printed = []
		const { todos } = await runnable(code, server.url)((name) => modules[name](), { log: (...all) => printed.push(all) })
		if (code.includes('console.log')) await until(() => printed.length)
		if (!code.includes('logout') && !code.includes("'transit'")) await until(() => todos.status.state === 'synced')
		await todos.destroy()
	})

test('every option, method and status field is described', async () => {
	const types = await readFile(new URL('../client/types.ts', import.meta.url), 'utf8')
	const names = (declaration) => [...types.match(new RegExp(`interface ${declaration}.*?\\{(.*?)^\\}`, 'ms'))[1].matchAll(/^\t(\w+)\??:/gm)].map((m) => m[1])
	const { SyncedAtom } = await openTab()
	const methods = Object.getOwnPropertyNames(SyncedAtom.prototype).filter((name) => name !== 'constructor')
	for (const name of [...names('Options'), ...names('Status'), ...methods, 'deref', 'subscribe', 'ready'])
		assert.match(text, new RegExp(`\\b${name}\\b`), `${name} in README.md`)
})
