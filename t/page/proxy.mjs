// A proxy in front of a server, below a path or not.
import { createServer, request as connect } from 'node:http'

/**
 * A proxy that passes on what is below the path, and gives 404 for the rest; if it is
 * `down`, for everything. It counts the HEAD requests, and notes the paths of the
 * others.
 */
export async function below(t, server, path) {
	const to = new URL(server.url)
	const proxy = createServer((request, response) => {
		request.method === 'HEAD' ? proxy.heads++ : proxy.paths.push(request.url)
		if (proxy.down || !request.url.startsWith(path)) return response.writeHead(404).end('nothing here')
		const { hostname, port, host } = to
		const options = { hostname, port, method: request.method, path: '/' + request.url.slice(path.length), headers: { ...request.headers, host } }
		const up = connect(options, (answer) => answer.pipe(response.writeHead(answer.statusCode, answer.headers)))
		up.on('error', () => response.destroy())
		response.on('close', () => up.destroy())
		request.pipe(up)
	})
	await new Promise((done) => proxy.listen(0, '127.0.0.1', done))
	t.after(() => (proxy.closeAllConnections(), proxy.close()))
	return Object.assign(proxy, { heads: 0, paths: [], url: `http://127.0.0.1:${proxy.address().port}/` })
}
