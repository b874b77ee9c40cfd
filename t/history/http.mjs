// HTTP for the clients of a campaign: any failure yields `undefined`, as the outcome is
// unknown then.
import { Agent, request } from 'node:http'

const PATIENCE = 8000 // ms without a byte: a stopped server must not block a client for ever

export class Connection {
  // For each port.
  #agent = new Agent({ keepAlive: true, maxSockets: 1 })

  constructor(port) {
    this.port = port
  }

  /** {status, body} of a complete response, otherwise undefined. */
  ask(path, body, headers = {}) {
    return new Promise((done) => {
      const text = body && JSON.stringify(body)
      const method = text ? 'POST' : 'GET'
      if (text) headers = { ...headers, 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) }
      const call = request({ host: '127.0.0.1', port: this.port, path, method, headers, agent: this.#agent, timeout: PATIENCE }, (answer) => {
        let got = ''
        answer.setEncoding('utf8')
        answer.on('data', (piece) => (got += piece))
        answer.on('error', () => done(undefined))
        answer.on('end', () => done(answer.complete ? { status: answer.statusCode, body: got && /json/.test(answer.headers['content-type']) ? JSON.parse(got) : got } : undefined))
      })
      call.on('timeout', () => call.destroy())
      call.on('error', () => done(undefined))
      call.on('close', () => done(undefined))
      call.end(text)
    })
  }

  close() {
    this.#agent.destroy()
  }
}

/** Reads an event stream until it ends, with `onEvent({event, id, data})`. Passes the
 * request, which ends the stream, to `hold`. */
export function listen(port, path, lastId, onEvent, hold, { headers = {}, onStatus } = {}) {
  return new Promise((done) => {
    if (lastId) headers = { ...headers, 'Last-Event-ID': lastId }
    const call = request({ host: '127.0.0.1', port, path, headers, agent: false, timeout: 40_000 }, (answer) => {
      let rest = ''
      answer.setEncoding('utf8')
      onStatus?.(answer.statusCode)
      if (answer.statusCode !== 200) return call.destroy()
      answer.on('data', (piece) => {
        const blocks = (rest + piece).split('\n\n')
        rest = blocks.pop()
        for (const block of blocks) {
          const fields = Object.fromEntries(block.split('\n').filter((line) => /^\w/.test(line)).map((line) => line.split(/: (.*)/s).slice(0, 2)))
          if (fields.event) onEvent({ event: fields.event, id: fields.id, data: JSON.parse(fields.data) })
        }
      })
      answer.on('error', () => done())
    })
    hold(call)
    call.on('timeout', () => call.destroy())
    call.on('error', () => done())
    call.on('close', () => done())
    call.end()
  })
}
