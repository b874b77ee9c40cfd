// Clients that break one rule each: the client library behind a proxy that changes what
// it asks or is answered. The argument is the name of one of `badClients`.
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { startLiar } from './liars.mjs'

const json = (change) => (text) => {
	const value = JSON.parse(text)
	change(value)
	return JSON.stringify(value)
}
const edits = (change) => ({ push: json(({ docs }) => docs.forEach(change)) })
/** Of pulls, and of streams with documents. */
const page = (change) => ({
	answer: { page: json(change) },
	event: (text) => text.replace(/^data: (.*"docs".*)$/gm, (_, data) => `data: ${json(change)(data)}`),
})
let serial = 0

export const badClients = {
	'names each try anew': edits((edit) => (edit.op = `try-${++serial}`)),
	'names no edit': edits((edit) => delete edit.op),
	'forgets which version it edited': edits((edit) => (edit.base = 0)),
	'pushes deletions as null': edits((edit) => edit.deleted && (delete edit.deleted, (edit.value = null))),
	'takes a conflict for success': { answer: { results: json(({ results }) => results.forEach((one) => (one.status = 'ok'))) } },
	'does not ask for the next page': page((one) => (one.more = false)),
	'does not begin anew when told': page((one) => (one.reset = false)),
	'does not know tombstones': page((one) => (one.docs = one.docs.filter(({ deleted }) => !deleted))),
	'takes a damaged document for a deletion': page((one) => one.docs.forEach((doc) => doc.damaged && (delete doc.damaged, (doc.deleted = true), doc.version++))),
	'invents cursors': { query: (query) => query.get('since') && query.set('since', query.get('since') + '0') },
	'asks for the whole of every group': { query: (query) => query.has('group') && query.set('group', query.get('group')[0]) },
}

async function main(lie) {
	const driver = spawn(process.execPath, [fileURLToPath(new URL('js-driver.mjs', import.meta.url))], { stdio: ['pipe', 'inherit', 'inherit'] })
	let liar
	for await (const line of createInterface({ input: process.stdin })) {
		const command = JSON.parse(line)
		if (command.do === 'open') {
			liar = await startLiar(command.url, lie)
			command.url = liar.url
		}
		driver.stdin.write(JSON.stringify(command) + '\n')
	}
	driver.stdin.end()
	driver.on('exit', () => liar?.close())
}

if (process.argv[1]?.endsWith('bad-driver.mjs')) await main(badClients[process.argv[2]])
