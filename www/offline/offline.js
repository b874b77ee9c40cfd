// The service worker of a folder that the server delivers (--www), and the line of its
// pages that registers it: <script src="pocketbook-sw.js"></script>. The server calls
// this function with the files and their hashes (worker/offline.c).
//
// A page and its files are always of one version. A page that is opened while the
// server has another version comes from the server, with all its files; meanwhile the
// browser gets the worker of that version, which brings its files.

const SCRIPT = 'pocketbook-sw.js'
/** Milliseconds to wait for the server while there is a copy of the page. */
const TIMEOUT = 3000

if (typeof document === 'object') register()
else work()

function register() {
	// A module has no currentScript.
	const script = document.currentScript?.src ?? new URL(SCRIPT, document.baseURI)
	// There are none but on https and on localhost.
	navigator.serviceWorker?.register(script, { updateViaCache: 'none' }).catch((error) => console.warn('pocketbook: this page will not open offline:', error))
}

function work() {
	const { registration } = self
	const { scope } = registration
	// The page that is built into the server has a worker with this prefix too.
	const PREFIX = `pocketbook ${scope} `
	const CACHE = PREFIX + VERSION
	const LIST = url('?pocketbook-files')
	/** Browsers escape less in an address than the server. */
	const names = new Map(FILES.map(([name]) => [decodeURIComponent(name), name]))
	/** Open pages that are copies of this version, and those of the server's. */
	const own = new Set()
	const fresh = new Set()

	function url(name) {
		return new URL(name, scope).href
	}

	/** The file that the server delivers for an address, if it is kept. */
	function fileOf(address) {
		const { origin, pathname } = new URL(address)
		const whole = origin + pathname
		if (!whole.startsWith(scope)) return
		const name = whole.slice(scope.length) + (whole.endsWith('/') ? 'index.html' : '')
		try {
			return names.get(decodeURIComponent(name))
		} catch {
			return
		}
	}

	self.addEventListener('install', (event) => {
		event.waitUntil(keep().then(() => self.skipWaiting()))
	})

	/** What an earlier version has already is not loaded again. */
	async function keep() {
		const cache = await caches.open(CACHE)
		const have = await kept()
		const load = async ([name, integrity]) => {
			const copy = have.get(integrity)
			const response = (await copy?.()) ?? (await fetch(new Request(url(name), { integrity, cache: 'no-cache' })))
			if (!response.ok) throw new Error(`${name}: ${response.status}`)
			await cache.put(url(name), response)
		}
		// Not all at once: a server limits connections.
		const rest = [...FILES]
		await Promise.all([1, 2, 3, 4].map(async () => {
			for (let file; (file = rest.pop());) await load(file)
		}))
		await cache.put(LIST, new Response(JSON.stringify(FILES)))
	}

	/** Copies in the caches of earlier versions, by hash. */
	async function kept() {
		const have = new Map()
		for (const name of await caches.keys()) {
			if (!name.startsWith(PREFIX)) continue
			const cache = await caches.open(name)
			const list = await cache.match(LIST)
			for (const [file, hash] of list ? await list.json() : []) have.set(hash, () => cache.match(url(file)))
		}
		return have
	}

	// It does not claim pages that were loaded without it: they may be of another
	// version.
	self.addEventListener('activate', (event) => {
		event.waitUntil(sweep())
	})

	async function sweep() {
		const all = await caches.keys()
		// Early workers of the built-in page had no scope in the name.
		const isOurs = (name) => name.startsWith(PREFIX) || (new URL(scope).pathname === '/' && /^pocketbook \w+$/.test(name))
		await Promise.all(all.filter((name) => isOurs(name) && name !== CACHE).map((name) => caches.delete(name)))
	}

	self.addEventListener('fetch', (event) => {
		const { request } = event
		const file = request.method === 'GET' && !request.headers.has('range') && fileOf(request.url)
		if (!file) return
		if (request.mode === 'navigate') event.respondWith(open(event, file))
		else if (!fresh.has(event.clientId)) event.respondWith(part(event, file))
	})

	/**
	 * A file for a page. Of a page that is older than this worker, or than its last
	 * start, the version is not known: it gets the server's file, if there is one.
	 */
	async function part({ request, clientId }, file) {
		const response = own.has(clientId) ? undefined : await fetch(request).catch(() => undefined)
		return response?.ok ? response : ((await copyOf(file)) ?? response ?? fetch(request))
	}

	async function copyOf(file) {
		return (await caches.open(CACHE)).match(url(file))
	}

	async function open(event, file) {
		const { request, resultingClientId } = event
		const version = await serversVersion()
		if (version !== undefined && version !== VERSION) {
			event.waitUntil((version ? registration.update() : endIfGone()).catch(() => {}))
			const response = await fetch(request).catch(() => undefined)
			// The new version may have no such page; 404 for everything is
			// no version.
			if (response?.ok || (version && response?.status < 500)) {
				fresh.add(resultingClientId)
				return response
			}
		}
		const copy = await copyOf(file)
		if (copy) own.add(resultingClientId)
		return copy ?? fetch(request)
	}

	/** null if it has no such worker, undefined if it cannot be reached. */
	async function serversVersion() {
		try {
			const response = await fetch(url(SCRIPT), { method: 'HEAD', cache: 'no-cache', signal: AbortSignal.timeout(TIMEOUT) })
			return [404, 410].includes(response.status) ? null : /^(?:W\/)?"sw-(\w+)/.exec(response.headers.get('ETag'))?.[1]
		} catch {
			return undefined
		}
	}

	/**
	 * Ends when the server has a page but no such worker any more: the browser
	 * would keep this one for good. A server that is down may give 404 for
	 * everything.
	 */
	async function endIfGone() {
		const page = await fetch(url('./'), { method: 'HEAD', cache: 'no-store' })
		if (!page.ok || page.redirected || registration.installing || registration.waiting) return
		await registration.unregister()
		await caches.delete(CACHE)
	}
}
