// The service worker: keeps the page's own files, so that the page opens without a
// server. The library keeps the documents. The build fills in FILES and VERSION; each
// file has the hash of its content, so that a cache never mixes two releases.

const CACHE = `pocketbook ${VERSION}`

/** Milliseconds to wait for the page while there is a copy of it. */
const TIMEOUT = 3000

const url = (name) => new URL(name, self.registration.scope).href
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
	await Promise.all(names.filter((name) => name.startsWith('pocketbook ') && name !== CACHE).map((name) => caches.delete(name)))
}

self.addEventListener('fetch', (event) => {
	const { request } = event
	if (request.method !== 'GET') return
	if (request.mode === 'navigate') {
		if (isHome(request.url)) event.respondWith(open(event))
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

/** A file whose URL has the hash of its content. */
async function file(request) {
	const cache = await caches.open(CACHE)
	return (await cache.match(request.url)) ?? fetch(request)
}
