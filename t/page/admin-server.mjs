// A server with the admin page, for its tests and its picture.
import { once } from 'node:events'
import { createServer } from 'node:net'
import { startServer } from './server.mjs'

async function freePort() {
	const probe = createServer().listen(0, '127.0.0.1')
	await once(probe, 'listening')
	const { port } = probe.address()
	probe.close()
	await once(probe, 'close')
	return port
}

/** The server, with `admin`: {url, token} of its admin page. */
export async function startAdminServer(options = []) {
	const port = await freePort()
	const server = await startServer({ auth: true, options: ['--admin', `127.0.0.1:${port}`, ...options] })
	const url = `http://127.0.0.1:${port}/`
	const token = server.adminToken('ada')
	const call = async (path, body) => {
		const headers = { Authorization: `Bearer ${token}`, 'X-Pocketbook-Admin': '1', 'Content-Type': 'application/json' }
		const answer = await fetch(`${url}api/${path}`, { headers, ...(body ? { method: 'POST', body: JSON.stringify(body) } : {}) })
		return answer.json()
	}
	return Object.assign(server, { admin: { url, token, call } })
}
