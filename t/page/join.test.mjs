// Joining by a link, and another device of a user.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { add, openContext, openPage, shows, state } from './chromium.mjs'
import { isFake, startServer } from './server.mjs'

const isUser = (page, name) => page.waitForFunction((wanted) => document.querySelector('.user').textContent === wanted, name)
const says = (page, text) => page.waitForFunction((wanted) => document.querySelector('.join:not([hidden]) .why')?.textContent.includes(wanted), text)
const path = (link) => new URL(link).pathname + new URL(link).hash

test('a link asks for a name and is in; a device is added from there; a used link says so', { skip: isFake && 'needs the real server' }, async (t) => {
	const server = await startServer({ auth: true })
	t.after(() => server.close())
	const link = path(server.invite(2, 'todos'))
	const open = async (to) => openPage(t, server, { context: await openContext(t), path: to.slice(1) })
	const one = await open(link)
	await says(one, 'Choose the name')
	assert.equal(await one.isVisible('.account'), false)
	await one.fill('#member', 'Ada')
	await one.press('#member', 'Enter')
	await isUser(one, 'Ada')
	await state(one, 'synced')
	assert.equal(new URL(one.url()).hash, '#/')
	await add(one, 'Buy cheese')

	const two = await open(link)
	await two.fill('#member', 'Ada')
	await two.press('#member', 'Enter')
	await says(two, 'This name is taken')
	await two.fill('#member', 'Bob')
	await two.press('#member', 'Enter')
	await isUser(two, 'Bob')
	await shows(two, 'Buy cheese')

	await one.click('.user')
	await one.click('.add-device')
	await one.waitForSelector('.device svg path')
	const phone = await open(path(await one.inputValue('#link')))
	await isUser(phone, 'Ada')
	await shows(phone, 'Buy cheese')

	const late = await open(link)
	await says(late, 'used as often as it may be')
	await late.click('.join [type=reset]')
	await late.waitForSelector('.account:not([hidden])')
})
