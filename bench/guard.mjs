// Reports an increase in the instructions of a push, a pull or a delivery: node
// bench/guard.mjs [--accept]
// With --accept the current counts are stored in bench/instructions.json.
import { execFileSync } from 'node:child_process'
import { readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { Bench } from './lib/bench.mjs'
import { compare, countsOf, perUnit } from './lib/instructions.mjs'
import { answers, freePort } from './lib/process.mjs'

const KEPT = new URL('instructions.json', import.meta.url)
const STREAMS = 100
const BATCH = 100 // documents of a push or page

const said = (file, ...args) => execFileSync(file, args, { encoding: 'utf8' })

/** What the counts depend on besides the source. */
function toolsOf(bench) {
	const libraries = said('ldd', bench.binary).matchAll(/=> (\/\S+)/g)
	// Debian's packages name files with and without /usr.
	const packages = [...libraries].map(([, file]) => said('dpkg-query', '-S', realpathSync(file).replace(/^\/usr/, '*')).split(/[:,] /)[0].split(':')[0])
	const versions = said('dpkg-query', '-W', '-f', '${Package} ${Version}\\n', ...new Set(packages)).trim().split('\n').sort()
	const [, flags] = /^CFLAGS = (.*)$/m.exec(readFileSync(bench.built('Makefile'), 'utf8'))
	const cpu = /^flags\s*: (.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1].split(' ') ?? []
	return {
		compiler: /GCC: .*|clang .*/.exec(said('readelf', '-p', '.comment', bench.binary))?.[0] ?? 'unknown',
		flags,
		...Object.fromEntries(versions.map((line) => line.split(' '))),
		valgrind: said('valgrind', '--version').trim(),
		// The C library selects functions by the processor's features.
		processor: [process.arch, ...['avx2', 'erms', 'fsrm'].filter((flag) => cpu.includes(flag))].join(' '),
	}
}

const agent = new Agent({ keepAlive: true, maxSockets: 1 })

/** Sends requests one after the other over one connection. */
function exchange(port, method, path, body) {
	return new Promise((done, fail) => {
		const headers = body === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
		request({ agent, port, host: '127.0.0.1', method, path, headers }, (answer) => {
			answer.resume().on('end', () => (answer.statusCode === 200 ? done() : fail(new Error(`${method} ${path}: ${answer.statusCode}`))))
		}).on('error', fail).end(body)
	})
}

const push = (port, i) => exchange(port, 'POST', '/sync?group=todos', `{"docs":[{"id":"todos:${1000 + i}","value":{"title":"Buy milk"}}]}`)

function pushMany(port, i) {
	const docs = Array.from({ length: BATCH }, (_, n) => ({ id: `todos:${100_000 + i * BATCH + n}`, value: { title: `Buy milk ${n}`, done: false, list: ['home', n] } }))
	return exchange(port, 'POST', '/sync?group=todos', JSON.stringify({ docs }))
}

/** Opens streams; changed(n) resolves when each has received its n-th change. */
async function openStreams(port, count) {
	const streams = Array.from({ length: count }, () => ({ socket: connect(port, '127.0.0.1'), seen: 0, open: false, tail: '' }))
	let look = () => {}
	for (const stream of streams)
		stream.socket.setEncoding('utf8').on('data', (text) => {
			const lines = (stream.tail + text).split('\n')
			stream.tail = lines.pop()
			stream.seen += lines.filter((line) => line === 'event: change').length
			stream.open ||= lines.some((line) => line.startsWith('HTTP/1.1 200'))
			look()
		}).write('GET /events?group=todos HTTP/1.1\r\nHost: localhost\r\n\r\n')
	const all = (what) => new Promise((done, fail) => {
		const late = setTimeout(() => fail(new Error('streams are open in vain')), 60_000)
		look = () => {
			if (!streams.every(what)) return
			clearTimeout(late)
			done()
		}
		look()
	})
	await all(({ open }) => open)
	return { changed: (n) => all(({ seen }) => seen >= n), close: () => streams.forEach(({ socket }) => socket.destroy()) }
}

/** The repeated action, and the number of deliveries or requests of each repetition. */
const SCENARIOS = {
	push: { processes: ['worker', 'writer'], units: 1, run: async (port, count) => { for (let i = 0; i < count; i++) await push(port, i) } },
	pull: {
		processes: ['worker'], units: 1,
		async run(port, count) {
			await push(port, 0)
			for (let i = 0; i < count; i++) await exchange(port, 'GET', '/sync?group=todos')
		},
	},
	// A document of a push of 100.
	batch: { processes: ['worker', 'writer'], units: BATCH, run: async (port, count) => { for (let i = 0; i < count; i++) await pushMany(port, i) } },
	// A page of 100 that is not in the page cache, and the push that removed it.
	unkept: {
		processes: ['worker'], units: 1,
		async run(port, count) {
			await pushMany(port, 0)
			for (let i = 0; i < count; i++) {
				await push(port, i)
				await exchange(port, 'GET', `/sync?group=todos&limit=${BATCH}`)
			}
		},
	},
	// Includes a hundredth of the worker's part of a push.
	delivery: {
		processes: ['worker'], units: STREAMS,
		async run(port, count) {
			const streams = await openStreams(port, STREAMS)
			for (let i = 0; i < count; i++) {
				await push(port, i)
				await streams.changed(i + 1)
			}
			streams.close()
		},
	},
}

async function counted(bench, scenario, count) {
	const port = await freePort()
	const sandbox = said(bench.binary, 'serve', '--help').includes('--sandbox') ? ['--sandbox', 'off'] : []
	const program = bench.start('valgrind', [
		'--tool=callgrind', '--callgrind-out-file=/dev/null', bench.binary, 'serve', '--db', join(bench.folder(), 'pocketbook.db'),
		'--listen', `127.0.0.1:${port}`, '--workers', 1, '--auth', 'off', ...sandbox,
	])
	await program.ready(() => answers(`http://127.0.0.1:${port}/readyz`))
	await scenario.run(port, count)
	agent.destroy()
	await program.stop()
	return countsOf(program.told)
}

async function countAll(bench) {
	const counts = {}
	for (const [name, scenario] of Object.entries(SCENARIOS)) {
		const times = 100
		const less = await counted(bench, scenario, times)
		const more = await counted(bench, scenario, 2 * times)
		const each = perUnit(less, more, times * scenario.units)
		counts[name] = Object.fromEntries(scenario.processes.map((process) => [process, each[process]]))
	}
	return counts
}

const bench = new Bench()
try {
	const taken = { on: toolsOf(bench), counts: await countAll(bench) }
	if (process.argv[2] === '--accept') {
		writeFileSync(KEPT, JSON.stringify(taken, null, '\t') + '\n')
		for (const [name, counts] of Object.entries(taken.counts)) console.log(`${name}: ${JSON.stringify(counts)}`)
	} else {
		const { lines, grown } = compare(JSON.parse(readFileSync(KEPT, 'utf8')), taken)
		console.log(lines.join('\n'))
		if (grown) console.log('More than 5 % more. Where that is what a change is worth: node bench/guard.mjs --accept')
		process.exitCode = grown ? 1 : 0
	}
} catch (error) {
	console.error(`guard: ${error.message}`)
	process.exitCode = 2
} finally {
	await bench.close()
}
