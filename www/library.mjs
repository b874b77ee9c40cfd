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
	'compose', 'confirmed', 'dead', 'degrade', 'batches', 'ended', 'everything', 'exchange', 'groups', 'handOn', 'heads', 'heard',
	'host', 'http', 'ids', 'kick', 'leader', 'leading', 'leave', 'left', 'live', 'loaded', 'loop',
	'missed', 'network', 'note', 'notify', 'offline', 'onDocs', 'onJoin', 'onLeading',
	'onNetwork', 'onReopened', 'opened', 'optionsOf', 'outbox', 'own', 'persistence', 'pick', 'post', 'pulled', 'receive', 'record', 'rerun',
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
	format: { quote_style: 1 },
	compress: { ...terser.compress, inline: 1, sequences: false },
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

/** The parser of the stream: of the library the client needs less than half. */
const lean = {
	name: 'lean',
	setup: ({ onResolve }) => onResolve({ filter: /^eventsource-parser$/ }, () => ({ path: fileURLToPath(new URL('client/small-parser.ts', import.meta.url)) })),
}

/** What `pocketbook/updates` shares with the library it imports from there. */
const onLibrary = (library) => ({
	name: 'on-library',
	setup: ({ onResolve }) => onResolve({ filter: /^\.\/(atom|docs|extension|types)\.js$/ }, () => ({ path: `../${library}.js`, external: true })),
})

/**
 * Short names in an order with which gzip does well, found by trying. It only matters
 * for the size: any order works.
 */
const TUNED =
	'd s r a o y p h l e i d0 f U R Q R0 $ c0 u0 f0 l0 c s0 I0 a0 b0 z0 r0 D0 k G0 M o0 u j x h0 x0 S ' +
		'_ e0 p0 I F U0 B K y0 Z P P0 w L j0 q A L0 N H0 m S0 G V W O v0 b v E C0 H k0 z F0 O0 T A0 g0 $0 ' +
		'q0 N0 _0 M0 w0 D C X T0 J m0 i0 Y E0 g'

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
	const short = [...new Set([...TUNED.split(' '), ...letters, ...letters.map((letter) => `${letter}0`)])]
	return { props: { props: Object.fromEntries(names.map((name, i) => [`$${name}`, short[i]])) } }
}

/**
 * Returns files by name: `library`, `pocketbook/updates.js`, and the Transit codec,
 * whose name may have its hash. `external` modules stay imports; `readable` keeps names
 * and lines.
 */
export async function bundleLibrary({ library = 'pocketbook', codec = 'pocketbook/[name]-[hash]', external = [], readable = false } = {}) {
	// Two bundles: as chunks of one, both would load helpers that only Transit
	// needs.
	const transit = await build({ ...options, external, entryPoints: ['client/transit.ts'], entryNames: codec })
	const files = new Map(transit.outputFiles.map(({ path, contents }) => [path.slice(here.length), Buffer.from(contents)]))
	const [name] = files.keys()
	const bundle = await build({ ...options, minify: !readable, plugins: readable ? [] : [unprivate, lean], entryPoints: ['client/index.ts'], external: ['./transit.js'] })
	const extension = await build({ ...options, minify: !readable, plugins: [onLibrary(library)], entryPoints: ['client/updates.ts'] })
	const [{ text }] = bundle.outputFiles, [{ text: more }] = extension.outputFiles
	const small = async (source) => (readable ? source : (await minify(source, { ...publish, nameCache: shortNames(text + more) })).code) + '\n'
	files.set('pocketbook/updates.js', Buffer.from(await small(more)))
	// Last, so that the rest does not depend on the name.
	return files.set(library + '.js', Buffer.from((await small(text)).replace(/(['"])\.\/transit\.js\1/g, `$1./${name}$1`)))
}
