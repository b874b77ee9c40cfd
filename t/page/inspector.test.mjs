// <pocketbook-inspector> in Chromium: what it shows is live, what it offers works, with
// the mouse, the keyboard and a screen reader.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { openContext, openPage, until } from './chromium.mjs'
import { push, startServer } from './server.mjs'

const www = fileURLToPath(new URL('../../www/', import.meta.url))
const { build } = createRequire(www)('esbuild')
const folder = mkdtempSync(join(tmpdir(), 'pocketbook-inspector-'))
const site = join(folder, 'site')
after(() => rmSync(folder, { recursive: true, force: true }))

before(async () => {
	const { status, stderr } = spawnSync(process.execPath, [join(www, 'package.mjs'), join(folder, 'node_modules/pocketbook')], { encoding: 'utf8' })
	if (status !== 0) throw new Error(stderr)
	mkdirSync(site)
	writeFileSync(join(site, 'index.html'), '<!doctype html><html lang="en"><meta charset="utf-8"><link rel="icon" href="data:,"><title>app</title><h1>An app</h1><script type="module" src="app.js"></script>')
	const contents = `
		import { SyncedAtom, assoc } from 'pocketbook'
		import { inspect } from 'pocketbook/inspector'
		const todos = new SyncedAtom({ group: 'todos', schema: 1, interval: 200 })
		const notes = new SyncedAtom({ group: 'notes', schema: 1, interval: 200 })
		inspect(todos, notes)
		Object.assign(globalThis, { todos, notes, assoc })`
	await build({ stdin: { contents, resolveDir: folder }, bundle: true, format: 'esm', outfile: join(site, 'app.js'), nodePaths: [join(folder, 'node_modules'), join(www, 'node_modules')], logLevel: 'error' })
})

async function serve(t, ...options) {
	const server = await startServer({ www: site, options })
	t.after(() => server.close())
	return server
}

const state = (page, name) => page.getByRole('button', { name: new RegExp(`^Pocketbook: ${name}`) }).or(page.locator('.state', { hasText: name })).first().waitFor()
const tab = (page, name) => page.getByRole('tab', { name })
const open = (page) => page.getByRole('button', { name: /^Pocketbook/ }).click()
const panel = (page) => page.getByRole('tabpanel')
const swap = (page, id, value) => page.evaluate(([key, one]) => void globalThis.todos.swap(globalThis.assoc, key, one), [id, value])
const focused = (page) => page.evaluate(() => document.activeElement.shadowRoot?.activeElement?.textContent ?? '')

test('documents and the outbox are live, and are found', async (t) => {
	const server = await serve(t)
	await push(server, [{ id: 'todos:1', value: { title: 'buy cheese' } }, { id: 'notes:1', value: 'a note' }])
	const page = await openPage(t, server)
	await state(page, 'synced')
	await open(page)
	await tab(page, 'Documents 1').waitFor()
	await push(server, [{ id: 'todos:2', value: { title: 'eat it' } }])
	await tab(page, 'Documents 2').waitFor()
	await panel(page).getByText('todos:2').click()
	await panel(page).getByText('"title": "eat it"').waitFor()
	await page.getByRole('searchbox', { name: 'Find documents' }).fill('CHEESE')
	await until(async () => (await panel(page).getByRole('listitem').count()) === 1)
	await page.context().setOffline(true)
	await state(page, 'offline')
	await swap(page, 'todos:3', { title: 'waits' })
	await tab(page, 'Outbox 1').click()
	await panel(page).getByText(/todos:3 a new document, waits since/).waitFor()
	await page.context().setOffline(false)
	await tab(page, 'Outbox 0').waitFor()
	await panel(page).getByText('Everything is on the server.').waitFor()
	await page.getByRole('combobox', { name: 'Atom' }).selectOption('notes')
	await tab(page, 'Documents 1').click()
	await page.getByRole('searchbox').fill('')
	await panel(page).getByText('notes:1').waitFor()
})

test('many documents: the first are listed, the others are found', async (t) => {
	const server = await serve(t)
	await push(server, Array.from({ length: 300 }, (_, i) => ({ id: `todos:${i}`, value: `number ${i}` })))
	const page = await openPage(t, server)
	await open(page)
	await page.getByText('The first 200 of 300').waitFor()
	await page.getByRole('searchbox').fill('number 299')
	await panel(page).getByText('todos:299').waitFor()
	assert.equal(await panel(page).getByRole('listitem').count(), 1)
})

test('with the keyboard: it opens, its tabs follow the arrows, and it gives the focus back', async (t) => {
	const page = await openPage(t, await serve(t))
	await state(page, 'synced')
	await page.keyboard.press('Tab')
	assert.match(await focused(page), /^Pocketbook: synced/)
	await page.keyboard.press('Enter')
	assert.match(await focused(page), /^Documents/)
	for (const [key, name] of [['ArrowRight', 'Outbox'], ['End', 'Connection'], ['ArrowRight', 'Documents'], ['ArrowLeft', 'Connection'], ['Home', 'Documents']]) {
		await page.keyboard.press(key)
		assert.match(await focused(page), new RegExp(`^${name}`))
		assert.match(await page.getByRole('tab', { selected: true }).innerText(), new RegExp(`^${name}`))
	}
	assert.equal(await page.getByRole('tabpanel', { name: /^Documents/ }).count(), 1, 'the panel is named by its tab')
	await page.keyboard.press('Escape')
	assert.match(await focused(page), /^Pocketbook/)
	assert.equal(await page.getByRole('tablist').count(), 0)
})

test('conflicts are restored and dismissed, and the focus stays in the panel', async (t) => {
	const server = await serve(t)
	await push(server, [{ id: 'todos:1', value: 'old' }, { id: 'todos:2', value: 'old' }])
	const page = await openPage(t, server)
	await state(page, 'synced')
	await page.context().setOffline(true)
	await state(page, 'offline')
	for (const id of ['todos:1', 'todos:2']) await swap(page, id, 'mine')
	await push(server, [{ id: 'todos:1', base: 1, value: 'theirs' }, { id: 'todos:2', base: 1, value: 'theirs' }])
	await page.context().setOffline(false)
	await open(page)
	await tab(page, 'Conflicts 2').click()
	await panel(page).getByText('theirs').first().waitFor()
	await page.getByRole('button', { name: 'Restore mine todos:1' }).press('Enter')
	await tab(page, 'Conflicts 1').waitFor()
	assert.ok(await page.evaluate(() => !!document.activeElement.shadowRoot?.activeElement), 'the focus is not lost')
	await page.getByRole('button', { name: 'Dismiss todos:2' }).click()
	await panel(page).getByText('There are no conflicts.').waitFor()
	await until(() => page.evaluate(() => globalThis.todos.deref().get('todos:1') === 'mine' && globalThis.todos.status.state === 'synced'))
	assert.equal(await page.evaluate(() => globalThis.todos.deref().get('todos:2')), 'theirs')
})

test('rejected writes are retried and discarded', async (t) => {
	const page = await openPage(t, await serve(t))
	await state(page, 'synced')
	await page.evaluate(() => void globalThis.todos.swap(globalThis.assoc, 'todos:1', 'long'.repeat(4e5)))
	await open(page)
	await tab(page, 'Rejected 1').click()
	await panel(page).getByText(/todos:1 413 too-large/).waitFor()
	const [first] = await page.evaluate(() => (globalThis.before = globalThis.todos.rejected))
	assert.equal(first.status, 413)
	await page.getByRole('button', { name: 'Retry todos:1' }).click()
	await until(() => page.evaluate(() => globalThis.todos.rejected.length && globalThis.todos.rejected !== globalThis.before))
	await page.getByRole('button', { name: 'Discard todos:1' }).click()
	await panel(page).getByText('The server has rejected nothing.').waitFor()
	assert.equal(await page.evaluate(() => globalThis.todos.deref().size), 0)
})

test('426 is told, with what stays here, and the page can be reloaded', async (t) => {
	const server = await serve(t, '--min-schema', 'todos=2')
	const page = await openPage(t, server)
	await state(page, 'upgrade-required')
	await swap(page, 'todos:1', 'made by the old app')
	await open(page)
	await page.getByRole('alert').filter({ hasText: /newer version of this app \(426\).*1 unsent change/s }).waitFor()
	await tab(page, 'Outbox 1').waitFor()
	await Promise.all([page.waitForEvent('load'), page.getByRole('button', { name: 'Reload the page' }).click()])
	await state(page, 'upgrade-required, 1 pending')
})

test('the connection: the stream and the tabs', async (t) => {
	const server = await serve(t)
	const context = await openContext(t)
	const [one, two] = [await openPage(t, server, { context }), await openPage(t, server, { context })]
	for (const page of [one, two]) {
		await state(page, 'synced')
		await open(page)
		await tab(page, 'Connection').click()
	}
	await panel(one).getByText('2, this one leads').waitFor()
	await panel(one).getByText(/open, last heard/).waitFor()
	await panel(two).getByText('2, another one leads').waitFor()
	await panel(two).getByText('of the tab that leads').waitFor()
	await one.close()
	await panel(two).getByText('1, this one leads').waitFor()
	await panel(two).getByText(/open, last heard/).waitFor()
})
