// The server passes the cases, and each server that breaks a rule fails some.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startServer } from '../page/server.mjs'
import { joinLiars, liars, startLiar } from './liars.mjs'
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
	const invite = closed.invite(2, 'todos').split('#join=')[1]
	const { failed, text } = await prove(closed.url, { token: closed.token('ann', '*'), invite })
	assert.equal(failed, 0, text)
	assert.doesNotMatch(text, /SKIP/)
})

test('a proxy that changes nothing passes', async (t) => {
	const honest = await startLiar(server.url)
	t.after(() => honest.close())
	const { failed, text } = await prove(honest.url)
	assert.equal(failed, 0, text)
})

// Side by side, as they mostly wait.
test('servers that break a rule are found out', { concurrency: true }, async (t) => {
	await Promise.all(Object.entries(liars).map(([name, lie]) => t.test(`one that ${name}`, async (t) => {
		const liar = await startLiar(server.url, lie)
		t.after(() => liar.close())
		const { failed } = await prove(liar.url, { stop: true, patience: 10_000 })
		assert.notEqual(failed, 0)
	})))
})

for (const [name, lie] of Object.entries(joinLiars))
	test(`a server of invitations that ${name} is found out`, async (t) => {
		const closed = await startServer({ auth: true })
		t.after(() => closed.close())
		const liar = await startLiar(closed.url, lie)
		t.after(() => liar.close())
		const invite = closed.invite(2, 'todos').split('#join=')[1]
		const { failed } = await prove(liar.url, { token: closed.token('ann', '*'), invite, stop: true, only: 'needs' })
		assert.notEqual(failed, 0)
	})
