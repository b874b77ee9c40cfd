// Several groups: what is true of one is not taken for the others.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Problem, SyncedAtom, assoc, get, setUp, until } from './harness.mjs'

const synced = (atom) => until(() => atom.status.state === 'synced' && !atom.status.pending, 'synced')
const HOUR = 3_600_000
const opened = (server) => server.log.filter(({ url }) => url.startsWith('/events')).map(({ url }) => new URLSearchParams(url.split('?')[1]).getAll('group'))

test('a second atom: its status and its sync are of its own group', async () => {
	const { server, atom } = await setUp()
	server.put('b:1', 1)
	const a = atom({ group: 'a', interval: HOUR })
	await a.sync()
	await synced(a)
	const b = atom({ group: 'b', interval: HOUR })
	assert.equal(b.status.state, 'syncing')
	await b.sync()
	assert.equal(get(b, 'b:1'), 1)
	await synced(b)
})

test('tabs that lead different groups know of each other', async () => {
	const { server, tab, atom } = await setUp()
	const [one, two] = [await tab({ group: 'a', interval: HOUR }), await tab({ group: 'b', interval: HOUR })]
	await synced(one)
	await synced(two)
	server.put('b:1', 1)
	// In the tab of the first one: the other tab leads its group.
	const followed = atom({ group: 'b', interval: HOUR }, one.constructor)
	await until(() => get(followed, 'b:1'))
	await synced(followed)
	let asked = 0
	let release
	const held = new Promise((resolve) => (release = resolve))
	server.fault = ({ url }) => (/sync.*group=b/.test(url) ? (asked++, held) : undefined)
	let done = false
	const sync = followed.sync().then(() => (done = true))
	await until(() => asked, 'the leader of the group is asked')
	await one.sync()
	assert.equal(done, false)
	release()
	await sync
	server.fault = () => undefined
	// The leader goes: until the group is pulled again, nobody says that it is
	// synced.
	await two.destroy()
	await followed.sync()
	await synced(followed)
})

test('a sync of a group ends with its atom', async () => {
	const { server, atom } = await setUp()
	const a = atom({ group: 'a' })
	await synced(a)
	server.fault = ({ url }) => (/sync.*group=b/.test(url) ? new Promise(() => {}) : undefined)
	const b = atom({ group: 'b' })
	const sync = b.sync()
	void b.destroy()
	await assert.rejects(sync, { code: 'destroyed' })
})

test('150 groups, some with long names: several streams, no request is too long, all are live', async () => {
	const { server, atom } = await setUp()
	server.fault = ({ url }) => {
		if (url.length > 6000 || new URLSearchParams(url.split('?')[1]).getAll('group').length > 64) throw new Problem(400, 'too long')
	}
	const names = Array.from({ length: 150 }, (_, i) => (i % 10 ? `g${i}` : `é${'x'.repeat(300)}${i}`))
	const atoms = names.map((group) => atom({ group, interval: HOUR, storage: 'memory' }))
	await until(() => atoms.every(({ status }) => status.state === 'synced'))
	await until(() => server.streams >= 3 && server.streams <= 4)
	for (const name of names) server.put(`${name}:1`, 1)
	await until(() => atoms.every((one, i) => get(one, `${names[i]}:1`)))
})

test('more groups than streams hold are polled', async () => {
	const { server, atom } = await setUp()
	const names = Array.from({ length: 260 }, (_, i) => `g${i}`)
	const atoms = names.map((group) => atom({ group, interval: 1000, storage: 'memory' }))
	await until(() => atoms.every(({ status }) => status.lastPull && !status.lastError), 'pulled', 30_000)
	await until(() => server.streams === 4)
	for (const name of names) server.put(`${name}:1`, 1)
	await until(() => atoms.every((one, i) => get(one, `${names[i]}:1`)), 'all have it', 30_000)
})

for (const group of ['x'.repeat(512), 'é'.repeat(256), 'a\u0001b', '\ud83d', 'a\u0085', 'a:'.repeat(31) + 'a'.repeat(2) + ':b'])
	test(`the group ${JSON.stringify(group).slice(0, 12)} is refused where it is made`, () => {
		assert.throws(() => new SyncedAtom({ group, storage: 'memory' }), { name: 'TypeError', message: /too long, too deep or has control characters/ })
	})

for (const group of ['*', 'todos:', 'a:b:', '', undefined])
	test(`the group ${JSON.stringify(group)} is refused as none of an atom`, () => {
		const refused = { name: 'TypeError', message: `pocketbook: the group ${JSON.stringify(group)} is no group of an atom` }
		assert.throws(() => new SyncedAtom({ group, storage: 'memory' }), refused)
		if (group === undefined) assert.throws(() => new SyncedAtom(), refused)
	})

test('a group that the server refuses does not stop the others, and shows', async () => {
	const { server, atom } = await setUp()
	const bad = ({ url }) => {
		if (/group=bad/.test(url)) throw new Problem(400, 'no such group')
	}
	server.fault = bad
	const good = atom({ group: 'good', interval: HOUR })
	await synced(good)
	const other = atom({ group: 'bad', interval: HOUR })
	await until(() => other.status.lastError?.code === 'bad-request')
	assert.equal(other.status.state, 'unauthorized')
	await synced(good)
	assert.match(good.status.lastError.message, /no such group/)
	await until(() => server.streams === 1)
	server.put('good:1', 1)
	await until(() => get(good, 'good:1'))
	await good.swap(assoc, 'good:2', 2).server
	await good.sync()
	await assert.rejects(other.sync(), { code: 'bad-request', status: 400 })
})

test('a stream that is refused for the number of its groups is opened with fewer', async () => {
	const { server, atom } = await setUp()
	server.fault = ({ url }, path) => {
		if (path === '/events' && new URLSearchParams(url.split('?')[1]).getAll('group').length > 16) throw new Problem(400, 'more than 16 groups')
	}
	const names = Array.from({ length: 60 }, (_, i) => `g${i}`)
	const atoms = names.map((group) => atom({ group, interval: HOUR, storage: 'memory' }))
	await until(() => server.streams === 4)
	await until(() => atoms.every(({ status }) => status.state === 'synced'))
	for (const name of names) server.put(`${name}:1`, 1)
	await until(() => atoms.every((one, i) => get(one, `${names[i]}:1`)))
	assert.ok(opened(server).every((groups) => groups.length <= 64))
})
