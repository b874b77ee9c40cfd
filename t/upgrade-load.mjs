// A load that counts what goes wrong: upgrade-load.mjs URL SECONDS-AT-MOST STOP-FILE
// Pushes, pulls and streams, each on a connection of its own that is to last the whole
// time, until STOP-FILE is there and there were enough of them; STOP-FILE.begun is made
// when all streams are connected. Then waits until every stream has all that was
// acknowledged (SECONDS-AT-MOST), and says on standard output what was counted,
// `name=number` a line.
import { existsSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

const [url, patience, stopFile] = process.argv.slice(2)
const counts = { pushes: 0, pulls: 0, events: 0, refused: 0, broken: 0, reconnected: 0, ended: 0, greeted_again: 0, repeated: 0, missing: 0 }
const written = new Map() // id → version
let newest = 0n // number of the last acknowledged push
const placeOf = (cursor) => BigInt(cursor.split('.')[1] ?? 0)

// On a slow machine it goes on until it has been a load, so that the scripts need not
// assert a speed.
const enough = 50
let asked = 0 // when STOP-FILE was seen
function stopped() {
	if (!asked && existsSync(stopFile)) asked = Date.now()
	return asked && ((counts.pushes > enough && counts.events > enough) || Date.now() - asked > patience * 1000)
}

// One request at a time on one connection.
class Client {
	constructor() {
		this.agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
		this.sockets = new Set()
	}
	ask(path, body) {
		const options = { agent: this.agent, method: body ? 'POST' : 'GET', headers: body ? { 'content-type': 'application/json' } : {} }
		return new Promise((resolve) => {
			const request = http.request(url + path, options, (answer) => {
				let text = ''
				answer.on('data', (part) => (text += part))
				answer.on('end', () => {
					if (answer.statusCode !== 200) {
						counts.refused++
						console.error(`${path}: ${answer.statusCode} ${text}`)
					}
					resolve(answer.statusCode === 200 ? JSON.parse(text) : null)
				})
				answer.on('error', () => resolve(null))
			})
			request.on('socket', (socket) => {
				if (!this.sockets.has(socket) && this.sockets.size) counts.reconnected++
				this.sockets.add(socket)
			})
			request.on('error', (error) => {
				counts.broken++
				console.error(`${path}: ${error.code}`)
				resolve(null)
			})
			request.end(body)
		})
	}
}

async function pusher(name) {
	const client = new Client()
	for (let i = 0; !stopped(); i++) {
		const id = `${name % 2 ? 'odd' : 'even'}:${process.pid}.${name}:${i % 50}`
		const docs = [{ id, base: written.get(id) ?? 0, op: `${process.pid}.${name}.${i}`, value: `value ${i}` }]
		const answer = await client.ask('/sync', JSON.stringify({ docs }))
		if (!answer) continue
		const [result] = answer.results
		if (result.status !== 'ok') counts.refused++
		written.set(id, result.version)
		counts.pushes++
		if (placeOf(answer.cursor) > newest) newest = placeOf(answer.cursor)
		await sleep(2)
	}
	client.agent.destroy()
}

async function puller() {
	const client = new Client()
	let since = '0'
	while (!stopped()) {
		const answer = await client.ask(`/sync?group=odd&since=${since}`)
		if (answer) {
			counts.pulls++
			since = answer.cursor
		}
		await sleep(5)
	}
	client.agent.destroy()
}

// Asks for little, so that it is idle most of the time.
async function idler() {
	const client = new Client()
	while (!stopped()) {
		await client.ask('/sync?group=nobody')
		await sleep(150)
	}
	client.agent.destroy()
}

function stream(groups, docs) {
	const self = { groups, docs, held: new Map(), place: 0n, greetings: 0, done: false }
	const path = `/events?${groups.map((group) => `group=${group}`).join('&')}${docs ? '&docs=1' : ''}&since=0`
	let rest = ''
	const read = (event) => {
		const data = event.split('\n').find((line) => line.startsWith('data: '))
		const id = event.split('\n').find((line) => line.startsWith('id: '))
		if (event.includes('event: connected') && ++self.greetings > groups.length) counts.greeted_again++
		if (!event.includes('event: change')) return
		counts.events++
		if (id) self.place = placeOf(id.slice(4))
		for (const doc of JSON.parse(data.slice(6)).docs ?? []) {
			if (doc.version <= (self.held.get(doc.id) ?? 0)) counts.repeated++
			self.held.set(doc.id, doc.version)
		}
	}
	self.request = http.get(url + path, { agent: false }, (answer) => {
		answer.on('data', (part) => {
			rest += part
			const events = rest.split('\n\n')
			rest = events.pop()
			events.forEach(read)
		})
		const end = () => self.done || counts.ended++
		answer.on('close', end)
		answer.on('error', () => {})
	})
	self.request.on('error', () => self.done || counts.broken++)
	/** What was acknowledged and has not come, in words. */
	self.lacks = () => {
		if (!docs) return self.place < newest && groups.length > 1 ? [`position ${newest}: it is at ${self.place}`] : []
		return [...written].filter(([id, version]) => groups.includes(id.split(':')[0]) && (self.held.get(id) ?? 0) < version)
			.map(([id, version]) => `${id}, version ${version}: it is at ${self.held.get(id) ?? 0}`)
	}
	return self
}

const streams = []
for (let i = 0; i < 8; i++) {
	streams.push(stream(['odd'], true), stream(['odd', 'even'], true), stream(['odd', 'even'], false), stream(['even'], false))
}
while (streams.some((one) => one.greetings === 0)) await sleep(10)
writeFileSync(`${stopFile}.begun`, '')
await Promise.all([
	...Array.from({ length: 6 }, (_, i) => pusher(i)),
	...Array.from({ length: 3 }, puller),
	...Array.from({ length: 12 }, idler)
])
const lacking = () => streams.flatMap((one) => one.lacks().map((what) => `a stream of ${one.groups} at position ${one.place} lacks ${what}`))
for (let i = 0; i < patience * 20 && lacking().length; i++) await sleep(50)
counts.missing = lacking().length
lacking().forEach((what) => console.error(what))
for (const one of streams) {
	one.done = true
	one.request.destroy()
}
for (const [name, count] of Object.entries(counts)) console.log(`${name}=${count}`)
