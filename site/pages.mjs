// The documents of the site: which there are, in which section, and their addresses.
// Documents that are not named here are found by their folder, so a new one appears by
// itself.
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../', import.meta.url))

/** Sections and their documents, in order; `*` stands for the others of the folder. */
const SECTIONS = [
	['Guides', ['README.md', 'doc/guides/first-app.md', 'doc/guides/react.md', 'doc/clojurescript.md', 'doc/guides/vite.md', 'doc/guides/offline.md', 'doc/guides/conflicts.md', 'doc/guides/encryption.md', 'doc/guides/*']],
	['Libraries', ['doc/client.md', 'clients/python/README.md', 'examples/README.md']],
	['Operation', ['doc/operators.md', 'doc/recipes.md', 'doc/scale-out.md', 'doc/watching.md', 'doc/log-events.md']],
	['Protocol', ['doc/protocol.md', 't/conformance/README.md']],
	['Promises', ['doc/reliability.md', 'SECURITY.md', 'doc/performance.md']],
	['More', ['doc/*', 'HACKING.md', 't/README.md', 'bench/README.md', 'NEWS']],
]

/** Addresses that do not follow from the name. */
const NAMES = {
	'README.md': 'index',
	'SECURITY.md': 'security',
	'HACKING.md': 'hacking',
	NEWS: 'news',
	'clients/python/README.md': 'python',
	'examples/README.md': 'examples',
	't/README.md': 'tests',
	't/conformance/README.md': 'conformance',
	'bench/README.md': 'bench',
}

function expand(pattern, taken) {
	if (!pattern.endsWith('/*')) return existsSync(root + pattern) ? [pattern] : []
	const folder = pattern.slice(0, -1)
	return readdirSync(root + folder).filter((name) => name.endsWith('.md') && !taken.has(folder + name)).sort().map((name) => folder + name)
}

/** NEWS is text: a heading for each version, and lists. */
const fromNews = (text) => '# News\n\n' + text.replace(/^(\S.*)\n[=-]+$/gm, '## $1').replace(/^ {2}(?=\*| {2})/gm, '')

function pageOf(path, section) {
	const source = readFileSync(root + path, 'utf8')
	// Comments are for scripts that read or write the documents.
	const text = path === 'NEWS' ? fromNews(source) : source.replace(/^<!--.*?-->\n*/gms, '')
	const name = NAMES[path] ?? path.replace(/^doc\//, '').replace(/\.md$/, '')
	return { path, section, text, html: `${name}.html`, md: `${name}.md`, title: /^# (.*)$/m.exec(text)[1].replace(/`/g, '') }
}

/** [{path, section, text, html, md, title}] */
export function pages() {
	const named = new Set(SECTIONS.flatMap(([, paths]) => paths))
	return SECTIONS.flatMap(([section, patterns]) => patterns.flatMap((pattern) => expand(pattern, named)).map((path) => pageOf(path, section)))
}
