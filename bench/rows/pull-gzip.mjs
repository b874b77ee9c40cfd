// The bytes of a pull of 100 documents for a client that takes gzip. The values are
// sentences of this project's own documents, which no template has made.
import { readdirSync, readFileSync } from 'node:fs'
import { request } from 'node:http'
import { pocketbook } from '../lib/pocketbook.mjs'

const COUNT = 100

/** Sentences of 40 to 200 characters, in the order of the files. */
function sentences() {
	const folder = new URL('../../doc/', import.meta.url)
	const files = readdirSync(folder).filter((name) => name.endsWith('.md')).sort()
	const text = files.map((name) => readFileSync(new URL(name, folder), 'utf8')).join('\n\n')
	const plain = text.replace(/^(```[^]*?^```| {4}.*|[|#].*)$/gm, '').replace(/\s+/g, ' ')
	return plain.match(/[A-Z][^.]{40,200}\./g)
}

/** The bytes of the body as sent. */
const bytesOf = (url, headers) => new Promise((done, fail) => {
	request(url, { headers }, (answer) => {
		let bytes = 0
		answer.on('data', (chunk) => (bytes += chunk.length)).on('end', () => done(bytes)).on('error', fail)
	}).on('error', fail).end()
})

export default {
	name: 'pull-gzip',
	title: 'The bytes of a pull of 100 documents of prose',
	group: 'pulls',
	figures: { bytes: { label: 'body', unit: 'bytes' } },
	goals: [{ figure: 'bytes', of: 'gzip', against: 'plain', atMost: 0.15 }],
	async open(bench) {
		const { url } = await pocketbook(bench, { workers: 1 })
		const texts = sentences()
		const step = Math.floor(texts.length / COUNT)
		const docs = Array.from({ length: COUNT }, (_, i) => ({ id: `notes:${i}`, value: { title: texts[i * step], done: i % 3 === 0, order: i * 1024 } }))
		const answer = await fetch(`${url}/sync`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ docs }) })
		if (!answer.ok) throw new Error(await answer.text())
		const pull = `${url}/sync?group=notes&limit=${COUNT}`
		await bytesOf(pull, {})
		return {
			sides: {
				gzip: async () => ({ bytes: await bytesOf(pull, { 'Accept-Encoding': 'gzip' }) }),
				plain: async () => ({ bytes: await bytesOf(pull, {}) }),
			},
			notes: ['documents of one sentence each, from the files of doc/'],
		}
	},
}
