// What a browser has and node has not, and a way to load the library several times,
// once for each tab.
import 'fake-indexeddb/auto'
import { webcrypto } from 'node:crypto'
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after } from 'node:test'
import { pathToFileURL } from 'node:url'
import { bundleLibrary } from '../library.mjs'

// Node 18 keeps it to itself.
globalThis.crypto ??= webcrypto

const out = await mkdtemp(join(tmpdir(), 'pocketbook-client-'))
// What is published is what is tested. READABLE=1 leaves it as it was written, for a
// look into a stack trace.
for (const [name, content] of await bundleLibrary({ readable: !!process.env.READABLE })) {
	await mkdir(dirname(join(out, name)), { recursive: true })
	await writeFile(join(out, name), content)
}
await writeFile(join(out, 'package.json'), '{"type":"module"}')
after(() => rm(out, { recursive: true, force: true }))

let tabs = 0

/**
 * A tab: the library with nothing shared but what tabs of a browser share (IndexedDB,
 * BroadcastChannel, locks).
 */
export function openTab() {
	return import(`${pathToFileURL(join(out, 'pocketbook.js'))}?tab=${++tabs}`)
}

/** A tab with these modules, such as `updates`, whose exports are among its own. */
export async function openTabWith(...names) {
	const tab = tabs + 1
	const all = { ...(await openTab()) }
	for (const name of names) {
		const file = join(out, `pocketbook/${name}-${tab}.js`)
		const text = await readFile(join(out, `pocketbook/${name}.js`), 'utf8')
		await writeFile(file, text.replaceAll('pocketbook.js', `pocketbook.js?tab=${tab}`))
		Object.assign(all, await import(pathToFileURL(file)))
	}
	return all
}

/**
 * A tab that shares the file of what is loaded later with no other. `replace(text)`
 * puts a text in its place, `replace()` removes it; before it is loaded.
 */
export async function openTabAlone() {
	const tab = ++tabs
	const name = (await readdir(join(out, 'pocketbook'))).find((file) => /^later-\w+\.js$/.test(file))
	const file = join(out, `pocketbook/alone-${tab}.js`)
	const text = await readFile(join(out, 'pocketbook.js'), 'utf8')
	await writeFile(join(out, `alone-${tab}.js`), text.replace(name, `alone-${tab}.js`))
	const replace = (by) => (by === undefined ? rm(file) : writeFile(file, by))
	await replace(`export * from './${name}'`)
	return { ...(await import(pathToFileURL(join(out, `alone-${tab}.js`)))), replace, later: `export * from './${name}'` }
}

export const openTabWithUpdates = () => openTabWith('updates')

// The Web Locks API, as much as is used: exclusive locks, abort of the wait, steal.
class Locks {
	#held = new Map()
	#queues = new Map()

	request(name, { signal, steal } = {}, job) {
		return new Promise((resolve, reject) => {
			const entry = { job, resolve, reject }
			const queue = this.#queues.get(name) ?? []
			this.#queues.set(name, queue)
			if (steal) {
				this.#held.get(name)?.reject(new DOMException('stolen', 'AbortError'))
				this.#held.delete(name)
				queue.unshift(entry)
			} else queue.push(entry)
			signal?.addEventListener('abort', () => {
				if (!queue.includes(entry)) return
				queue.splice(queue.indexOf(entry), 1)
				reject(new DOMException('given up', 'AbortError'))
			})
			queueMicrotask(() => this.#next(name))
		})
	}

	#next(name) {
		const entry = !this.#held.has(name) && this.#queues.get(name).shift()
		if (!entry) return
		this.#held.set(name, entry)
		Promise.resolve(entry.job()).then(entry.resolve, entry.reject).finally(() => {
			if (this.#held.get(name) !== entry) return
			this.#held.delete(name)
			this.#next(name)
		})
	}
}

export const persistence = { asked: 0 }
const navigator = {
	onLine: true,
	locks: new Locks(),
	storage: {
		persist: async () => !!++persistence.asked,
		persisted: async () => false,
	},
}
Object.defineProperty(globalThis, 'navigator', { value: navigator, configurable: true, writable: true })

/** What watches have thrown. */
export const reported = []
globalThis.reportError = (error) => reported.push(error)

/** Waits until the condition holds; says what it was where it never does. */
export async function until(condition, what = condition.toString(), patience = 10_000) {
	const end = Date.now() + patience
	for (;;) {
		const value = await condition()
		if (value) return value
		if (Date.now() > end) throw new Error(`it never came true: ${what}`)
		await new Promise((done) => setTimeout(done, 5))
	}
}
