// Bundles the library as it is published, for the server's own page and for the npm package: one file, and what is loaded on demand.
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { minify } from 'terser'

const here = fileURLToPath(new URL('.', import.meta.url))

const options = {
	absWorkingDir: here,
	outdir: here,
	bundle: true,
	minify: true,
	format: 'esm',
	target: ['es2022'],
	charset: 'utf8',
	legalComments: 'none',
	logLevel: 'warning',
	write: false,
}
const terser = { module: true, ecma: 2022 }

// What the library's own objects call each other by. Not what an app, a row, another tab or the server says.
export const INTERNAL = [
	'above', 'after', 'askToPersist', 'before', 'below', 'chain', 'changed', 'codecReady',
	'compose', 'confirmed', 'dead', 'degrade', 'ended', 'everything', 'exchange', 'forbid', 'groups', 'handOn', 'heads',
	'host', 'http', 'ids', 'kick', 'leader', 'leading', 'leave', 'live', 'loaded', 'loop', 'mergeOf',
	'missed', 'network', 'note', 'offline', 'onDocs', 'onLeading',
	'onNetwork', 'opened', 'own', 'persistence', 'post', 'pulled', 'receive', 'record',
	'release', 'replaced', 'replica', 'restart', 'resume', 'session', 'settle', 'shown',
	'start', 'store', 'used', 'wait', 'waiting', 'wake', 'whole',
]
const publish = {
	...terser,
	compress: { passes: 3, hoist_funs: true, unsafe: true, pure_getters: true, unsafe_arrows: true, lhs_constants: false },
	mangle: { properties: { regex: new RegExp(`^([$]\\d+|${INTERNAL.join('|')})$`), builtins: true } },
}

/**
 * Makes the private names of internal classes properties: `#` takes a byte at each use.
 * They are numbered in each module, so that all classes share a few short names.
 */
const unprivate = {
	name: 'unprivate',
	setup: ({ onLoad }) =>
		onLoad({ filter: /client\/.*\.ts$/ }, async ({ path }) => {
			// An app sees the properties of an atom.
			if (path.endsWith('atom.ts')) return
			const names = []
			const numbered = (_all, name) => `$${names.includes(name) ? names.indexOf(name) : names.push(name) - 1}`
			return { loader: 'ts', contents: (await readFile(path, 'utf8')).replace(/#([a-z]\w*)/g, numbered) }
		}),
}

/**
 * The short names of properties, as terser takes them: the more often a property is used,
 * the more common is its letter. Without the list, terser names them as they come. The
 * letters `n` and `t` are names that are not internal.
 */
function shortNames(text) {
	const counts = new Map()
	for (const [name] of text.matchAll(new RegExp(`[$]\\d+|\\b(?:${INTERNAL.join('|')})\\b`, 'g'))) counts.set(name, (counts.get(name) ?? 0) + 1)
	const names = [...counts.keys()].sort((a, b) => counts.get(b) - counts.get(a))
	const letters = [...'seirholadcupmfgbvywkxjqz$_TSEIRHNOALDCUPMFGBVYWKXJQZ']
	const short = [...letters, ...letters.map((letter) => `${letter}0`)]
	return { props: { props: Object.fromEntries(names.map((name, i) => [`$${name}`, short[i]])) } }
}

/**
 * Pairs of a name and its bytes: `library`, and the Transit codec by a name that may have its hash in it.
 * What is `external` stays an import; `readable` leaves names and lines as they are.
 */
export async function bundleLibrary({ library = 'pocketbook', codec = 'pocketbook/[name]-[hash]', external = [], readable = false } = {}) {
	// Each for itself: as chunks of one bundle, both would load the helpers that only Transit needs.
	const transit = await build({ ...options, external, entryPoints: ['client/transit.ts'], entryNames: codec })
	const files = new Map(transit.outputFiles.map(({ path, contents }) => [path.slice(here.length), Buffer.from(contents)]))
	const [name] = files.keys()
	const bundle = await build({ ...options, minify: !readable, plugins: readable ? [] : [unprivate], entryPoints: ['client/index.ts'], external: ['./transit.js'] })
	const { text } = bundle.outputFiles[0]
	const { code } = readable ? { code: text } : await minify(text, { ...publish, nameCache: shortNames(text) })
	// Last, so that everything else is the same whatever its name.
	return files.set(library + '.js', Buffer.from(code.replaceAll('"./transit.js"', `"./${name}"`) + '\n'))
}
