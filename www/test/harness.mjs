import { after, afterEach } from 'node:test'
import { openTab, openTabWithUpdates } from './browser.mjs'
import { FakeServer } from './fake-server.mjs'

export { openTab, openTabAlone, openTabWith, openTabWithUpdates, persistence, reported, until } from './browser.mjs'
export { FakeServer, Problem } from './fake-server.mjs'

const cleanups = []
const { SyncedAtom, assoc, dissoc, loadTransit, newId, PocketbookError } = await openTab()
export { SyncedAtom, assoc, dissoc, loadTransit, newId, PocketbookError }

afterEach(async () => {
	for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

export function atEnd(cleanup) {
	cleanups.push(cleanup)
}

let users = 0

/**
 * A server, and what makes atoms of it: each test is a user of its own, so with local
 * data of its own.
 */
export async function setUp(t) {
	const server = await new FakeServer().start()
	atEnd(() => server.stop())
	const user = `user-${++users}`
	const atom = (options = {}, Atom = SyncedAtom) => {
		const made = new Atom({ url: server.url, group: 'todos', user, interval: 500, ...options })
		atEnd(() => made.destroy())
		return made
	}
	/** An atom in a tab of its own. */
	const tab = async (options) => atom(options, (await openTab()).SyncedAtom)
	/** An atom in a tab of its own, with `pocketbook/updates`. */
	const updating = async (options) => atom(options, (await openTabWithUpdates()).SyncedAtom)
	return { server, atom, tab, updating, user }
}

/** Sets the clock off by so many milliseconds, until the test's end. */
export function shiftClock(offset) {
	const { now } = Date
	Date.now = () => now() + offset
	atEnd(() => (Date.now = now))
}

export const get = (atom, id) => atom.deref().get(id)

// BroadcastChannels and sockets of tests that failed must not keep the process alive.
after(() => setTimeout(() => process.exit(), 2000).unref())
