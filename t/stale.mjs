// One HTTP/2 connection: `node stale.mjs URL TOKEN METHOD`. Pulls and prints the
// status; after a line of input pulls or pushes and prints then and that status.
import http2 from 'node:http2'
import { createInterface } from 'node:readline'

const [url, token, method] = process.argv.slice(2)
const session = http2.connect(url, { rejectUnauthorized: false })
const push = JSON.stringify({ docs: [{ id: 'todos:stale', value: 1 }] })
const ask = (method) => new Promise((done, fail) => {
	const path = method === 'POST' ? '/sync' : '/sync?group=todos'
	const stream = session.request({ ':method': method, ':path': path, 'content-type': 'application/json', authorization: `Bearer ${token}` })
	let status
	stream.on('response', (head) => { status = head[':status'] }).on('error', fail).on('end', () => done(status)).resume()
	stream.end(method === 'POST' ? push : undefined)
})
console.log(await ask('GET'))
for await (const _ of createInterface({ input: process.stdin })) {
	console.log('then', await ask(method))
	break
}
session.close()
