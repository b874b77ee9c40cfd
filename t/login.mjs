// A small login service for 0505-logins.sh: `node login.mjs` prints its port. The
// cookie `login` is the user; the groups of users are below.
import { createServer } from 'node:http'

const groups = { ann: 'todos, notes:ro', carl: undefined }

const server = createServer((request, response) => {
	const user = /(?:^|; )login=([a-z]+)/.exec(request.headers.cookie ?? '')?.[1]
	// Caddy leaves the query of the request in.
	if (request.url.split('?')[0] !== '/verify' || !(user in groups)) {
		response.writeHead(401).end()
		return
	}
	response.setHeader('Remote-User', user)
	if (groups[user]) response.setHeader('Remote-Groups', groups[user])
	response.writeHead(200).end()
})
server.listen(0, '127.0.0.1', () => console.log(server.address().port))
