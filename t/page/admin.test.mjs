// The admin page in Chromium: signing in, each view, a token and a document changed, by
// keyboard too; and that the API's bodies are as doc/admin.schema.json says.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { after, before, test } from 'node:test'
import { startAdminServer } from './admin-server.mjs'
import { openPage, until } from './chromium.mjs'
import { pull, push } from './server.mjs'

const require = createRequire(new URL('../../www/', import.meta.url))
const ajv = new (require('ajv/dist/2020').default)({ strict: false })
require('ajv-formats').default(ajv)
ajv.addSchema(JSON.parse(readFileSync(new URL('../../doc/admin.schema.json', import.meta.url), 'utf8')))
const matches = (name, value) => {
	const validate = ajv.getSchema(`urn:pocketbook:admin:1#/$defs/${name}`)
	assert.ok(validate(value), `${name}: ${ajv.errorsText(validate.errors)}`)
}

let server, ann
before(async () => {
	server = await startAdminServer(['--history', '20'])
	ann = server.token('ann', 'notes')
	await push(server, [{ id: 'notes:1', value: { text: 'one' } }, { id: 'notes:2', value: { text: 'two' } }], ann)
})
after(() => server.close())

async function open(t, view, options) {
	const page = await openPage(t, { url: server.admin.url }, { path: `#/${view}`, ...options })
	await page.fill('input[name=token]', server.admin.token)
	await page.press('input[name=token]', 'Enter')
	await page.waitForSelector('nav')
	return page
}

test('a token is needed, and a member’s does not do', async (t) => {
	const page = await openPage(t, { url: server.admin.url })
	await page.fill('input[name=token]', ann)
	await page.press('input[name=token]', 'Enter')
	await page.waitForSelector('.failure:has-text("no token of an administrator")')
	assert.equal(await page.locator('nav').count(), 0)
	await page.fill('input[name=token]', server.admin.token)
	await page.press('input[name=token]', 'Enter')
	await page.waitForSelector('nav')
	assert.equal(await page.evaluate(() => document.cookie), '')
	await page.click('text=Sign out')
	await page.waitForSelector('input[name=token]')
	assert.equal(await page.evaluate(() => sessionStorage.length), 0)
})

test('numbers come in, and are text too', async (t) => {
	const page = await open(t, 'numbers')
	await page.waitForSelector('dd:has-text("2")')
	await page.waitForFunction(() => [...document.querySelectorAll('figcaption')].some((one) => /Requests a second/.test(one.textContent)))
	await page.waitForSelector('tbody tr:has-text("writer") .good:has-text("serving")')
	assert.equal(await page.locator('.chart canvas').count(), 6)
})

test('a token is made, shown once, and revoked, by keyboard alone', async (t) => {
	const page = await open(t, 'tokens')
	await page.focus('text=New token')
	await page.keyboard.press('Enter')
	await page.waitForSelector('dialog[open]')
	await page.keyboard.type('ben')
	await page.keyboard.press('Tab')
	await page.keyboard.type('notes:ro')
	await page.keyboard.press('Enter')
	const token = await page.locator('.secret output').textContent()
	assert.match(token, /^pbk_/)
	assert.equal((await pull(server, 'notes', token)).size, 2)
	await page.keyboard.press('Escape')
	await page.waitForSelector('dialog', { state: 'detached' })
	assert.ok(!(await page.content()).includes(token))
	const row = page.locator('tbody tr', { hasText: 'ben' })
	await row.locator('text=Revoke').focus()
	await page.keyboard.press('Enter')
	await page.click('dialog button[type=submit]')
	await row.waitFor({ state: 'detached' })
	const answer = await fetch(`${server.url}sync?group=notes`, { headers: { Authorization: `Bearer ${token}` } })
	assert.equal(answer.status, 401)
})

test('a token’s groups and note are changed in place', async (t) => {
	const token = server.token('finn', 'notes')
	const page = await open(t, 'tokens')
	const row = page.locator('tbody tr', { hasText: 'finn' })
	await row.locator('text=Change').click()
	assert.equal(await page.inputValue('dialog input[name=groups]'), 'notes')
	await page.fill('dialog input[name=groups]', 'club, notes:ro')
	await page.fill('dialog input[name=note]', 'the treasurer')
	await page.click('dialog button[type=submit]')
	await row.locator('text=the treasurer').waitFor()
	const who = await (await fetch(`${server.url}whoami`, { headers: { Authorization: `Bearer ${token}` } })).json()
	assert.deepEqual(who.groups, [{ group: 'club', write: true }, { group: 'notes', write: false }])
})

test('an invitation is made, its link shown once, used, and withdrawn', async (t) => {
	const page = await open(t, 'invitations')
	await page.click('text=New invitation')
	await page.fill('dialog input[name=groups]', 'notes')
	await page.fill('dialog input[name=uses]', '5')
	await page.fill('dialog input[name=url]', 'https://notes.example/app')
	await page.click('dialog button[type=submit]')
	const link = await page.locator('.secret output').textContent()
	assert.match(link, /^https:\/\/notes\.example\/app#join=pbi_/)
	await page.keyboard.press('Escape')
	const join = (user) => fetch(`${server.url}join`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ invite: link.split('#join=')[1], user }) })
	assert.equal((await join('gwen')).status, 200)
	await page.click('nav >> text=Tokens')
	await page.waitForSelector('tbody tr:has-text("gwen")')
	await page.click('nav >> text=Invitations')
	await page.waitForSelector('tbody tr:has-text("1 of 5")')
	await page.click('tbody >> text=Withdraw')
	await page.click('dialog button[type=submit]')
	await page.waitForSelector('tbody tr', { state: 'detached' })
	assert.equal((await join('hugo')).status, 403)
})

test('a stream is seen with its user, and ended', async (t) => {
	const response = await fetch(`${server.url}events?group=notes`, { headers: { Authorization: `Bearer ${ann}` } })
	const page = await open(t, 'streams')
	await page.waitForSelector('tbody:has-text("ann")')
	await page.click('tbody >> text=End')
	await page.click('dialog button[type=submit]')
	assert.match(await response.text(), /event: end\ndata: \{"code":"draining"\}/)
	await page.waitForSelector('tbody tr', { state: 'detached' })
})

test('a document is edited, deleted, found again, and restored from its history', async (t) => {
	const page = await open(t, 'documents')
	await page.click('tbody a:has-text("notes")')
	await page.click('button.link:has-text("notes:1")')
	await page.fill('dialog textarea', '{"text": "edited"}')
	await page.click('dialog button[type=submit]')
	await until(async () => (await pull(server, 'notes', ann)).get('notes:1')?.text === 'edited')
	await page.waitForSelector('td:has-text("edited")')
	await page.click('button.link:has-text("notes:2")')
	await page.click('text=Delete…')
	await page.click('dialog button[type=submit]')
	await until(async () => !(await pull(server, 'notes', ann)).has('notes:2'))
	await page.check('text=Deleted ones')
	await page.click('button.link:has-text("notes:2")')
	await page.click('dialog >> text=History')
	await page.waitForSelector('.versions li:has-text("ann")')
	await page.click('.versions >> text=Restore')
	await until(async () => (await pull(server, 'notes', ann)).get('notes:2')?.text === 'two')
})

test('it fits a phone, in the dark too, and every control has a name', async (t) => {
	const page = await open(t, 'tokens', { viewport: { width: 390, height: 844 }, colorScheme: 'dark' })
	for (const view of ['numbers', 'tokens', 'users', 'invitations', 'streams', 'documents', 'audit', 'backup']) {
		await page.goto(`${server.admin.url}#/${view}`)
		await page.waitForSelector(`nav a[aria-current=page][href="#/${view}"]`)
		assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${view} is too wide`)
		const unnamed = await page.evaluate(() => [...document.querySelectorAll('button, a, input, select, textarea')].filter((one) => !(one.textContent.trim() || one.getAttribute('aria-label') || one.labels?.[0]?.textContent.trim())).length)
		assert.equal(unnamed, 0, `${view} has a control without a name`)
	}
	await page.goto(`${server.admin.url}#/audit`)
	await page.waitForSelector('tbody th:has-text("token add")')
})

test('bodies are as the schema says', async () => {
	const { call } = server.admin
	for (const [name, path] of [['session', 'session'], ['numbers', 'numbers'], ['tokens', 'tokens'], ['users', 'users'], ['invites', 'invites'], ['streams', 'streams'], ['groups', 'groups'], ['documents', 'documents?group=notes'], ['document', 'document?id=notes:1'], ['versions', 'versions?id=notes:1'], ['audit', 'audit']]) matches(name, await call(path))
	const invite = { groups: ['notes'], uses: 3, expires: 60, note: 'autumn' }
	matches('inviteAdd', invite)
	matches('inviteMade', await call('invites', invite))
	matches('invites', await call('invites'))
	const add = { note: 'a friend', user: 'cleo', groups: ['notes:ro'], expires: 60, quota: 'bytes=1M' }
	matches('tokenAdd', add)
	const made = await call('tokens', add)
	matches('tokenMade', made)
	const rotated = await call('tokens/rotate', { id: made.id })
	matches('tokenMade', rotated)
	const set = { id: rotated.id, groups: ['notes'], note: '', expires: 0 }
	matches('tokenSet', set)
	assert.deepEqual(await call('tokens/set', set), {})
	matches('documentWritten', await call('document', { id: 'notes:7', value: 7 }))
	matches('documentWritten', await call('document', { id: 'notes:7', value: 8 }))
	matches('backup', await call('backup', {}))
})
