// The page that the README shows, as somebody pastes it.
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { openPage, until } from './chromium.mjs'
import { isFake, pull, startServer } from './server.mjs'

test('the README\'s page keeps its todos in step, in at most ten lines', { skip: isFake && 'the stand-in has no library beside a folder' }, async (t) => {
	const [, block] = /## Use it in your page\n.*?\n\n((?: {4}[^\n]*\n)+)/s.exec(readFileSync(new URL('../../README.md', import.meta.url), 'utf8'))
	const lines = block.trimEnd().split('\n').map((line) => line.slice(4))
	assert.ok(lines.length <= 10, `${lines.length} lines`)
	const www = mkdtempSync(join(tmpdir(), 'pocketbook-readme-'))
	t.after(() => rmSync(www, { recursive: true, force: true }))
	writeFileSync(join(www, 'index.html'), lines.join('\n'))
	const server = await startServer({ www })
	t.after(() => server.close())
	const shows = (page, ...titles) => until(async () => JSON.stringify(await page.locator('#list li').allTextContents()) === JSON.stringify(titles))
	const one = await openPage(t, server)
	const two = await openPage(t, server)
	await one.fill('#what', 'buy cheese')
	await one.press('#what', 'Enter')
	await shows(one, 'buy cheese')
	await shows(two, 'buy cheese')
	await until(async () => (await pull(server)).size === 1)
	assert.equal(await one.inputValue('#what'), '')
	await two.reload()
	await shows(two, 'buy cheese')
})
