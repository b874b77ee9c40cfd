// The server passes the cases, and each server that breaks a rule fails some.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startServer } from '../page/server.mjs'
import { liars, startLiar } from './liars.mjs'
import { proveServer } from './prove-server.mjs'

let server
before(async () => (server = await startServer()))
after(() => server.close())

async function prove(url, options) {
	const lines = []
	const failed = await proveServer(url, { ...options, write: (line) => lines.push(line) })
	return { failed, text: lines.join('\n') }
}

test('the server speaks the protocol', async () => {
	const { failed, text } = await prove(server.url)
	assert.equal(failed, 0, text)
})

test('with a token, too', async (t) => {
	const closed = await startServer({ auth: true })
	t.after(() => closed.close())
	const { failed, text } = await prove(closed.url, { token: closed.token('ann', '*') })
	assert.equal(failed, 0, text)
})

test('a proxy that changes nothing passes', async (t) => {
	const honest = await startLiar(server.url)
	t.after(() => honest.close())
	const { failed, text } = await prove(honest.url)
	assert.equal(failed, 0, text)
})

for (const [name, lie] of Object.entries(liars))
	test(`a server that ${name} is found out`, async (t) => {
		const liar = await startLiar(server.url, lie)
		t.after(() => liar.close())
		const { failed } = await prove(liar.url, { stop: true, patience: 10_000 })
		assert.notEqual(failed, 0)
	})
