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
	'compose', 'confirmed', 'dead', 'degrade', 'batches', 'binding', 'ended', 'everything', 'exchange', 'groups', 'handOn', 'heads', 'heard',
	'host', 'http', 'ids', 'kick', 'leader', 'leading', 'leave', 'left', 'live', 'loaded', 'loop',
	'missed', 'network', 'note', 'notify', 'offline', 'onDocs', 'onJoin', 'onLeading',
	'onNetwork', 'onReopened', 'opened', 'options', 'optionsOf', 'outbox', 'own', 'persistence', 'pick', 'post', 'pulled', 'receive', 'record', 'rerun',
	'refuse', 'pull', 'release', 'replaced', 'replica', 'restart', 'resume', 'run', 'session', 'settle', 'shown',
	'start', 'stolen', 'store', 'used', 'wait', 'waiting', 'wake', 'whole',
]
export const terser = {
	module: true,
	ecma: 2022,
	compress: { passes: 3, hoist_funs: true, unsafe: true, pure_getters: true, unsafe_arrows: true, lhs_constants: false },
}
/** Short names of variables, in an order that does not depend on the rest. */
const LETTERS = 'tsienrohalcudfwpvy$mgbkxj_qzMPSETODACNRIJUBFLWHQKVXYZG'
const nth_identifier = {
	get(n) {
		const first = LETTERS[n % LETTERS.length]
		return n < LETTERS.length ? first : first + this.get(Math.floor(n / LETTERS.length) - 1)
	},
}
const publish = {
	...terser,
	format: { quote_style: 1 },
	compress: { ...terser.compress, inline: 1, conditionals: false },
	mangle: { nth_identifier, properties: { regex: new RegExp(`^([$]\\d+|${INTERNAL.join('|')})$`), builtins: true } },
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

/** What `pocketbook/updates` and `pocketbook/join` share with the library they import
 * from there. */
const onLibrary = (library) => ({
	name: 'on-library',
	setup: ({ onResolve }) => onResolve({ filter: /^\.\/(atom|docs|extension|types)\.js$/ }, () => ({ path: `../${library}.js`, external: true })),
})

/**
 * Short names in an order with which gzip does well, found by trying. It only matters
 * for the size: any order works.
 */
const TUNED =
	'd s i o l r m e f h p d0 T Q Z _ u w w0 V u0 a g E $ c b m0 a0 s0 z f0 x0 K0 b0 X M L B S W r0 ' +
		'Z0 v y C j e0 T0 O o0 c0 V0 k L0 U0 U K Y0 g0 H0 x E0 Y I D R A C0 M0 J y0 F H h0 l0 D0 Q0 N P ' +
		'A0 F0 v0 j0 p0 W0 k0 P0 S0 i0 O0 q0 q $0 X0 _0 B0 G'

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
	const bundle = await build({ ...options, minify: !readable, plugins: readable ? [] : [unprivate, lean], entryPoints: ['client/served.ts'], external: ['./transit.js'] })
	const extension = await build({ ...options, minify: !readable, plugins: [onLibrary(library)], entryPoints: ['client/updates.ts'] })
	const [{ text }] = bundle.outputFiles, [{ text: more }] = extension.outputFiles
	const small = async (source) => (readable ? source : (await minify(source, { ...publish, nameCache: shortNames(text + more) })).code) + '\n'
	files.set('pocketbook/updates.js', Buffer.from(await small(more)))
	const joining = await build({ ...options, minify: !readable, plugins: [onLibrary(library)], entryPoints: ['client/join.ts'] })
	files.set('pocketbook/join.js', Buffer.from(await small(joining.outputFiles[0].text)))
	// Last, so that the rest does not depend on the name.
	return files.set(library + '.js', Buffer.from((await small(text)).replace(/(['"])\.\/transit\.js\1/g, `$1./${name}$1`)))
}
