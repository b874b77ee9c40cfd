// Keeps the page's own files on the device, so that it opens without a server. Documents are none of its business: they are the
// library's. FILES and VERSION are filled in by the build; a file comes with the hash of its content, so that a cache that would mix
// two releases is never made.

const CACHE = `pocketbook ${VERSION}`

/** How long a page may be waited for while there is a copy of it. */
const PATIENCE = 3000

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

/** The page as the server has it; its copy where there is no server, or one that is not well or slow. */
async function open({ request }) {
	const cache = await caches.open(CACHE)
	const copy = await cache.match(home())
	if (!copy) return fetch(request)
	const answer = await fetch(request.url, { signal: AbortSignal.timeout(PATIENCE), cache: 'no-cache' }).catch(() => undefined)
	return answer && answer.status < 500 ? answer : copy
}

/** A file whose address names its content. */
async function file(request) {
	const cache = await caches.open(CACHE)
	return (await cache.match(request.url)) ?? fetch(request)
}
