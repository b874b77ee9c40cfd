// The service worker: keeps the page's own files, so that the page opens without a
// server. The library keeps the documents. The build fills in FILES and VERSION; each
// file has the hash of its content, so that a cache never mixes two releases.

// Another path of the origin may have a page of its own.
const { scope } = self.registration
const PREFIX = `pocketbook ${scope} `
const CACHE = PREFIX + VERSION

/** Milliseconds to wait for the page while there is a copy of it. */
const TIMEOUT = 3000

const url = (name) => new URL(name, scope).href
const home = () => url('./')

self.addEventListener('install', (event) => {
	event.waitUntil(keep().then(() => self.skipWaiting()))
})

async function keep() {
	const cache = await caches.open(CACHE)
	const requests = FILES.map(([name, integrity]) => new Request(url(name), { integrity, cache: 'no-cache' }))
	await cache.addAll(requests)
}

self.addEventListener('activate', (event) => {
	event.waitUntil(sweep().then(() => self.clients.claim()))
})

async function sweep() {
	const names = await caches.keys()
	// Earlier workers, of the root only, had no scope in the name.
	const isOurs = (name) => name.startsWith(PREFIX) || (new URL(scope).pathname === '/' && /^pocketbook \w+$/.test(name))
	await Promise.all(names.filter((name) => isOurs(name) && name !== CACHE).map((name) => caches.delete(name)))
}

self.addEventListener('fetch', (event) => {
	const { request } = event
	if (request.method !== 'GET') return
	if (request.mode === 'navigate') {
		if (!isHome(request.url)) return
		event.respondWith(open(event))
		event.waitUntil(endIfGone().catch(() => {}))
	} else if (kept.has(request.url)) event.respondWith(file(request))
})

const kept = new Set(FILES.map(([name]) => url(name)))

function isHome(address) {
	const { origin, pathname } = new URL(address)
	return [home(), url('index.html')].includes(origin + pathname)
}

/** The server's page; the copy if the server is unreachable, slow or fails. */
async function open({ request }) {
	const cache = await caches.open(CACHE)
	const copy = await cache.match(home())
	if (!copy) return fetch(request)
	const response = await fetch(request.url, { signal: AbortSignal.timeout(TIMEOUT), cache: 'no-cache' }).catch(() => undefined)
	return response && response.status < 500 ? response : copy
}

/**
 * Ends when the server has another page and no such worker any more: the browser
 * would keep this one, and its page, for good. A server that is down may give 404 for
 * everything, and a captive portal a page for everything.
 */
async function endIfGone() {
	const [page, worker] = await Promise.all([home(), self.location.href].map((address) => fetch(address, { method: 'HEAD', cache: 'no-store' })))
	if (!page.ok || page.redirected || ![404, 410].includes(worker.status)) return
	// The new page may have brought a worker of its own.
	if (self.registration.installing || self.registration.waiting) return
	await self.registration.unregister()
	await caches.delete(CACHE)
}

/** A file whose URL has the hash of its content. */
async function file(request) {
	const cache = await caches.open(CACHE)
	return (await cache.match(request.url)) ?? fetch(request)
}
