// The adapters in their frameworks, in Chromium, with a server: one rendering for one
// change, none for another document's, and an end with the component.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { openPage, until } from './chromium.mjs'
import { push, startServer } from './server.mjs'

const www = fileURLToPath(new URL('../../www/', import.meta.url))
const require = createRequire(www)
const { build } = require('esbuild')
const folder = mkdtempSync(join(tmpdir(), 'pocketbook-frameworks-'))
after(() => rmSync(folder, { recursive: true, force: true }))

const { status, stderr } = spawnSync(process.execPath, [join(www, 'package.mjs'), join(folder, 'node_modules/pocketbook')], { encoding: 'utf8' })
if (status !== 0) throw new Error(stderr)

const svelte = {
	name: 'svelte',
	setup: ({ onLoad }) =>
		onLoad({ filter: /\.svelte$/ }, async ({ path }) => {
			const { compile } = require('svelte/compiler')
			return { contents: compile(readFileSync(path, 'utf8'), { filename: path, dev: true, css: 'external' }).js.code }
		}),
}

const common = {
	bundle: true,
	format: 'esm',
	define: { 'process.env.NODE_ENV': '"development"', __VUE_OPTIONS_API__: 'true', __VUE_PROD_DEVTOOLS__: 'false', __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: 'false' },
	nodePaths: [join(folder, 'node_modules'), join(www, 'node_modules')],
	plugins: [svelte],
	logLevel: 'error',
}
const source = (name) => fileURLToPath(new URL(`./frameworks/${name}.mjs`, import.meta.url))

/** What a server would send of the React app. */
async function rendered() {
	const out = join(folder, 'server.mjs')
	const contents = `
		import { createElement } from 'react'
		import { renderToString } from 'react-dom/server.edge'
		import { App } from ${JSON.stringify(source('react'))}
		export const html = renderToString(createElement(App))`
	await build({ ...common, stdin: { contents, resolveDir: folder }, outfile: out, platform: 'node', banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url)" } })
	return (await import(pathToFileURL(out))).html
}

async function site(framework) {
	const out = join(folder, framework)
	mkdirSync(out)
	const html = framework === 'react' ? await rendered() : ''
	writeFileSync(join(out, 'index.html'), `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><title>${framework}</title><div id="app">${html}</div><script type="module" src="app.js"></script>`)
	await build({ ...common, entryPoints: [source(`${framework}-main`)], outfile: join(out, 'app.js') })
	return out
}

const titles = (page) => page.evaluate(() => [...document.querySelectorAll('li')].map((item) => item.textContent).join())
const held = (page) => page.evaluate(async () => {
	const { held, pending } = await navigator.locks.query()
	return held.length + pending.length
})

for (const framework of ['react', 'preact', 'vue', 'solid', 'svelte'])
	test(`${framework}: one rendering for one change, and an end with the component`, async (t) => {
		const server = await startServer({ www: await site(framework), auth: true })
		t.after(() => server.close())
		const token = server.token('ann', 'todos')
		const page = await openPage(t, server)
		const warnings = []
		page.on('console', (message) => ['error', 'warning'].includes(message.type()) && !/status of 4/.test(message.text()) && warnings.push(message.text()))
		const says = (id, text) => until(async () => (await page.textContent(`#${id}`)) === text, `${id} says ${text}`)
		await says('state', 'unauthorized')
		await page.evaluate((token) => setToken(token), token)
		await says('state', 'synced')
		await push(server, ['a', 'b', 'c'].map((title, i) => ({ id: `todos:${i + 1}`, value: { title } })), token)
		await until(async () => (await titles(page)) === 'a,b,c')

		// The times of the status change with each pull, the state does not.
		const before = await page.evaluate(() => ({ ...renders }))
		await push(server, [{ id: 'todos:2', base: 1, value: { title: 'B' } }], token)
		await until(async () => (await titles(page)) === 'a,B,c')
		await page.evaluate(() => atom.sync())
		const now = await page.evaluate(() => ({ ...renders }))
		assert.equal(now['todos:2'], before['todos:2'] + 1, 'one for its own change')
		for (const id of ['todos:1', 'todos:3', 'problems']) assert.equal(now[id], before[id], `none of ${id}`)
		assert.ok(now.list <= before.list + 1, 'at most one of the list')

		const written = await page.evaluate(async () => {
			const docs = new Map(atom.deref()).set('todos:4', { title: 'd' })
			docs.delete('todos:1')
			return atom.reset(docs).server.then(() => true)
		})
		assert.ok(written)
		await until(async () => (await titles(page)) === 'B,c,d')

		await page.evaluate(() => atom.swap((docs) => new Map(docs).set('todos:5', { title: 'x'.repeat(2e6) })).server.catch(() => {}))
		await says('problems', '0 1')
		await page.evaluate(() => atom.discard('todos:5'))
		await says('problems', '0 0')

		await page.evaluate(() => setOpen(false))
		await until(async () => (await page.locator('li').count()) === 0)
		await until(async () => (await held(page)) === 0, 'the atom has ended')
		await page.evaluate(() => setOpen(true))
		await until(async () => (await titles(page)) === 'B,c,d')
		await until(async () => (await held(page)) === 1, 'one atom is left')
		if (framework === 'svelte') {
			await page.evaluate((token) => setToken(token), token)
			await page.fill('[aria-label="todos:3"]', 'C')
			await page.press('[aria-label="todos:3"]', 'Enter')
			await until(async () => (await titles(page)) === 'B,C,d')
		}
		assert.deepEqual(warnings, [])
	})
