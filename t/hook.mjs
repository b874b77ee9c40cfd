// A receiver of webhooks for 0420-recipes.sh that fails at first: it refuses the first
// request, hangs up on the second, and takes the third, but the answer is lost.
//
//   node hook.mjs DIR    puts its port into DIR/port, and bodies into DIR/refused and
//                        DIR/taken
import { appendFileSync, renameSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'

const dir = process.argv[2]
let count = 0

const server = createServer(async (request, response) => {
	let body = ''
	for await (const chunk of request) body += chunk
	count++
	const good = request.method === 'POST' && request.url === '/hook' && request.headers['content-type'] === 'application/json'
	appendFileSync(`${dir}/${good && count > 2 ? 'taken' : 'refused'}`, body)
	if (count === 2 || count === 3) request.socket.destroy()
	else response.writeHead(good && count > 3 ? 204 : 503).end()
})
server.listen(0, '127.0.0.1', () => {
	writeFileSync(`${dir}/port.new`, String(server.address().port))
	renameSync(`${dir}/port.new`, `${dir}/port`)
})
