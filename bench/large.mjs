// Edits new documents of 1 MB over many connections, each again as soon as it is
// answered, or after the time that a refusal names:
// node bench/large.mjs PORT TOKEN CONNECTIONS
// Until it is ended. The row `shares` starts it.
import { connect } from 'node:net'

const [port, token, connections] = process.argv.slice(2)
const value = 'x'.repeat(1_000_000)

function edit(n) {
	let base = 0
	const send = (socket) => {
		const body = `{"docs":[{"id":"large:${process.pid}-${n}","base":${base},"value":"${value}"}]}`
		socket.write(`POST /sync HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`)
		socket.write(body)
	}
	// Answers are short, and come in one piece.
	const socket = connect(port, '127.0.0.1', () => send(socket)).setEncoding('latin1')
	socket.on('data', (answer) => {
		base = Number(/"version":(\d+)/.exec(answer)?.[1] ?? base)
		const wait = Number(/^retry-after: (\d+)/im.exec(answer)?.[1] ?? 0)
		setTimeout(send, wait * 1000, socket)
	})
	socket.on('error', (error) => {
		console.error(error.message)
		process.exit(1)
	})
}

for (let n = 0; n < connections; n++) edit(n)
