// Bundles the library for the server's own page and for the npm package: one file, and
// the Transit codec, which is loaded on demand.
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

// Names that only the library uses. Names that an app, a row, a message or the protocol
// uses must not be among them.
export const INTERNAL = [
	'above', 'after', 'askToPersist', 'before', 'below', 'chain', 'changed', 'codecReady',
	'compose', 'confirmed', 'dead', 'degrade', 'ended', 'everything', 'exchange', 'groups', 'handOn', 'heads', 'heard',
	'host', 'http', 'ids', 'kick', 'leader', 'leading', 'leave', 'left', 'live', 'loaded', 'loop', 'mergeOf',
	'missed', 'network', 'note', 'notify', 'offline', 'onDocs', 'onJoin', 'onLeading',
	'onNetwork', 'onReopened', 'opened', 'outbox', 'own', 'persistence', 'post', 'pulled', 'receive', 'record',
	'refuse', 'pull', 'release', 'replaced', 'replica', 'restart', 'resume', 'run', 'session', 'settle', 'shown',
	'start', 'stolen', 'store', 'used', 'wait', 'waiting', 'wake', 'whole',
]
export const terser = {
	module: true,
	ecma: 2022,
	compress: { passes: 3, hoist_funs: true, unsafe: true, pure_getters: true, unsafe_arrows: true, lhs_constants: false },
}
const publish = {
	...terser,
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
			const names = []
			const numbered = (_all, name) => `$${names.includes(name) ? names.indexOf(name) : names.push(name) - 1}`
			return { loader: 'ts', contents: (await readFile(path, 'utf8')).replace(/#([a-z]\w*)/g, numbered) }
		}),
}

/**
 * Leaves out the parts of the stream's parser that the client does not use: errors, for
 * which it has no listener, comments, a limit of the buffer, and `reset`. As constants,
 * terser removes the branches.
 */
const lean = {
	name: 'lean',
	setup: ({ onLoad }) =>
		onLoad({ filter: /eventsource-parser\/dist\/index\.js$/ }, async ({ path }) => {
			let contents = await readFile(path, 'utf8')
			const replace = (part, by) => {
				if (!contents.includes(part)) throw new Error(`${path}: has no ${part}`)
				contents = contents.replaceAll(part, by)
			}
			replace('{ onEvent = noop, onError = noop, onRetry = noop, onComment, maxBufferSize } = config', '{ onEvent, onRetry } = config, onError = noop, onComment = null, maxBufferSize = undefined, terminated = false')
			replace(', terminated = !1;', ';')
			replace('(terminated = !0,', '(')
			replace('new ParseError(', 'void (')
			replace('return { feed, reset }', 'return { feed }')
			return { contents }
		}),
}

/**
 * The short names of properties, as terser takes them: the more often a property is
 * used, the more common is its letter. Without the list, terser names them as they
 * come. The letters `n` and `t` are names that are not internal.
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
 * Returns files by name: `library`, and the Transit codec, whose name may have its
 * hash. `external` modules stay imports; `readable` keeps names and lines.
 */
export async function bundleLibrary({ library = 'pocketbook', codec = 'pocketbook/[name]-[hash]', external = [], readable = false } = {}) {
	// Two bundles: as chunks of one, both would load helpers that only Transit
	// needs.
	const transit = await build({ ...options, external, entryPoints: ['client/transit.ts'], entryNames: codec })
	const files = new Map(transit.outputFiles.map(({ path, contents }) => [path.slice(here.length), Buffer.from(contents)]))
	const [name] = files.keys()
	const bundle = await build({ ...options, minify: !readable, plugins: readable ? [] : [unprivate, lean], entryPoints: ['client/index.ts'], external: ['./transit.js'] })
	const { text } = bundle.outputFiles[0]
	const { code } = readable ? { code: text } : await minify(text, { ...publish, nameCache: shortNames(text) })
	// Last, so that the rest does not depend on the name.
	return files.set(library + '.js', Buffer.from(code.replaceAll('"./transit.js"', `"./${name}"`) + '\n'))
}
