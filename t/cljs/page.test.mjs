// ClojureScript on a page without a build, in Chromium: the example, and Reagent and
// re-frame interpreted by scittle.
import assert from 'node:assert/strict'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { openContext, openPage, until } from '../page/chromium.mjs'
import { pull, push, startServer } from '../page/server.mjs'
import { here, tools } from './kit.mjs'

const example = fileURLToPath(new URL('../../examples/cljs/', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'pocketbook-scittle-'))
after(() => rmSync(folder, { recursive: true, force: true }))

/** A folder with what `npm install` puts there, as far as a page loads it. */
function site(name) {
	const out = join(folder, name)
	mkdirSync(out)
	for (const package_ of ['react', 'react-dom']) cpSync(join(tools, package_, 'umd'), join(out, 'node_modules', package_, 'umd'), { recursive: true })
	mkdirSync(join(out, 'node_modules/scittle/dist'), { recursive: true })
	for (const file of readdirSync(join(tools, 'scittle/dist'))) if (file.endsWith('.js')) cpSync(join(tools, 'scittle/dist', file), join(out, 'node_modules/scittle/dist', file))
	return out
}

async function serve(t, www) {
	const server = await startServer({ www })
	t.after(() => server.close())
	return server
}

test('the example: two devices agree, and the page opens without a server', async (t) => {
	const www = site('example')
	cpSync(example, www, { recursive: true, filter: (path) => !path.endsWith('node_modules') })
	const server = await serve(t, www)
	const context = await openContext(t)
	const page = await openPage(t, server, { context })
	const other = await openPage(t, server)
	const add = async (page, title) => {
		await page.fill('.new-todo', title)
		await page.press('.new-todo', 'Enter')
	}
	const shows = (page, ...titles) => until(async () => (await page.locator('li label').allTextContents()).join() === titles.join(), titles.join())
	const item = (page, title) => page.locator('li', { has: page.locator('label', { hasText: title }) })
	await add(page, 'buy cheese')
	await add(page, '  feed the cat ')
	await add(page, '   ')
	await shows(other, 'buy cheese', 'feed the cat')
	await item(other, 'buy cheese').locator('.toggle').click()
	await page.locator('li.completed').waitFor()
	assert.equal(await page.textContent('.todo-count'), '1 item left')
	await page.getByRole('button', { name: 'Active' }).click()
	await shows(page, 'feed the cat')
	await page.getByRole('button', { name: 'All' }).click()
	await item(page, 'feed the cat').locator('label').dblclick()
	await page.fill('.edit', 'feed both cats')
	await page.press('.edit', 'Enter')
	await shows(other, 'buy cheese', 'feed both cats')
	await item(other, 'feed both').locator('label').dblclick()
	await other.fill('.edit', 'never mind')
	await other.press('.edit', 'Escape')
	await shows(other, 'buy cheese', 'feed both cats')
	if (process.env.PICTURES) await page.screenshot({ path: join(process.env.PICTURES, 'cljs.png') })
	await other.click('.toggle-all')
	await until(async () => (await page.locator('li.completed').count()) === 2)
	await page.click('.clear-completed')
	await shows(other)
	await add(page, 'buy bread')
	await shows(other, 'buy bread')
	await page.evaluate(() => navigator.serviceWorker.ready)
	await server.stop()
	await page.reload()
	await shows(page, 'buy bread')
	await add(page, 'buy butter')
	await page.locator('.state[data-state=offline]', { hasText: '1 unsent' }).waitFor()
	await server.start()
	await shows(other, 'buy bread', 'buy butter')
	await item(other, 'bread').locator('.destroy').click()
	await shows(page, 'buy butter')
})

test('reagent and re-frame: one rendering for one change, none for another document\'s', async (t) => {
	const www = site('frames')
	cpSync(join(here, 'frames.cljs'), join(www, 'frames.cljs'))
	const scripts = ['react/umd/react.production.min', 'react-dom/umd/react-dom.production.min', 'scittle/dist/scittle', 'scittle/dist/scittle.reagent', 'scittle/dist/scittle.re-frame']
	writeFileSync(join(www, 'index.html'), `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><title>frames</title><div id="app"></div>
		${scripts.map((name) => `<script src="node_modules/${name}.js"></script>`).join('\n')}
		<script type="module" src="pocketbook/scittle.js"></script>
		<script type="application/x-scittle" src="frames.cljs"></script>`)
	const server = await serve(t, www)
	const page = await openPage(t, server)
	const text = (name, wanted) => until(async () => (await page.textContent('#' + name)) === wanted, `${name}: ${wanted}`)
	const renders = () => page.evaluate(() => ({ ...globalThis.renders }))
	await page.locator('#state', { hasText: 'synced' }).waitFor()
	const before = await renders()
	await push(server, [{ id: 'todos:1', value: { title: 'cheese' } }])
	await text('one', '{"title" "cheese"}')
	await text('sub', '{"title" "cheese"}')
	const after = await renders()
	for (const name of ['one', 'sub', 'count']) assert.equal(after[name], before[name] + 1, name)
	await push(server, [{ id: 'todos:2', value: 'bread' }])
	await text('count', '2')
	const last = await renders()
	for (const name of ['one', 'sub']) assert.equal(last[name], after[name], name)
	for (const name of ['event', 'change', 'transact', 'cursor']) await page.click('#' + name)
	const held = async () => [...(await pull(server))].map(([id, value]) => id.slice(6) + '=' + JSON.stringify(value)).sort().join(' ')
	await until(async () => (await held()) === '1={"title":"by cursor"} 3="by event" 4="by change" 5="by transact"', await held())
	await text('one', '{"title" "by cursor"}')
	await text('cofx', '4')
})
