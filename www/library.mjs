// Bundles the library for the server's own page: one file, and what it loads on demand,
// the Transit codec and what is seldom needed.
import { createHash } from 'node:crypto'
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

// Names that only the library uses. Names that an app, a row, a message, the protocol
// or an export of later.ts uses must not be among them.
export const INTERNAL = [
	'above', 'after', 'asked', 'askToPersist', 'before', 'below', 'chain', 'changed', 'codecReady',
	'compose', 'confirmed', 'dead', 'degrade', 'batches', 'binding', 'ended', 'everything', 'exchange', 'groups', 'handOn', 'heads', 'heard',
	'host', 'http', 'ids', 'kick', 'leader', 'leading', 'leave', 'left', 'live', 'loaded', 'loading', 'loop',
	'missed', 'network', 'note', 'notify', 'offline', 'onDocs', 'onJoin', 'onLeading',
	'onNetwork', 'onReopened', 'opened', 'options', 'optionsOf', 'outbox', 'own', 'persistence', 'pick', 'post', 'pulled', 'raw', 'receive', 'record', 'rerun',
	'refuse', 'pull', 'release', 'replaced', 'replica', 'restart', 'resume', 'run', 'session', 'settle', 'shown',
	'start', 'stolen', 'store', 'take', 'used', 'wait', 'waiting', 'wake', 'whole',
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

/** What a module beside the library shares with it is imported from there. */
const onLibrary = (library) => ({
	name: 'on-library',
	setup: ({ onResolve }) => onResolve({ filter: /^\.\/(atom|docs|extension|types)\.js$/ }, () => ({ path: `../${library}.js`, external: true })),
})

/**
 * `pocketbook/history` takes these of a session. Its own names are the app's, such as
 * `before`, and stay.
 */
const TAKEN = /^(session|codecReady|options|persistence|replica|store)$/

/**
 * Short names in an order with which gzip does well, found by trying. It only matters
 * for the size: any order works.
 */
const TUNED =
	'i e d a p f g o c r s b y u s0 R G Z0 Y0 k d0 w r0 U0 h p0 S w0 T F P C j0 Z ' +
		'z x i0 c0 M U l M0 a0 E h0 m v x0 j W0 _ o0 u0 H X V0 V I W b0 S0 e0 J R0 B0 ' +
		'C0 D0 E0 l0 H0 J0 v0 Q O0 X0 A0 O q K L y0 A g0 f0 N P0 N0 B K0 m0 L0 _0 T0 ' +
		'$0 k0 D G0 z0 $ q0 Y I0'

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
 * Returns files by name: `library`, the modules beside it (`pocketbook/updates.js`,
 * `pocketbook/history.js`, `pocketbook/join.js`), and two that the library loads when
 * it needs them, the Transit codec and `later`. Their names may have a hash. `external`
 * modules stay imports; `readable` keeps names and lines.
 */
export async function bundleLibrary({ library = 'pocketbook', chunk = 'pocketbook/[name]-[hash]', external = [], readable = false } = {}) {
	// Bundles of their own: as chunks of one, all would load helpers that only one
	// needs.
	const bundled = async (name, more) => (await build({ ...options, minify: !readable, entryPoints: [`client/${name}.ts`], ...more })).outputFiles[0].text
	const text = await bundled('served', { plugins: readable ? [] : [unprivate, lean], external: ['./transit.js', './later.js'] })
	const updates = await bundled('updates', { plugins: [onLibrary(library)] })
	const later = await bundled('later')
	const nameCache = () => shortNames(text + updates)
	const small = async (source, regex = publish.mangle.properties.regex) => {
		const mangle = { ...publish.mangle, properties: { regex, builtins: true } }
		return (readable ? source : (await minify(source, { ...publish, mangle, nameCache: nameCache() })).code) + '\n'
	}
	const chunks = { transit: await bundled('transit', { external, minify: true }), later: await small(later) }
	const files = new Map([['pocketbook/updates.js', Buffer.from(await small(updates))]])
	files.set('pocketbook/join.js', Buffer.from(await small(await bundled('join', { plugins: [onLibrary(library)] }))))
	files.set('pocketbook/history.js', Buffer.from(await small(await bundled('history', { plugins: [onLibrary(library)] }), TAKEN)))
	// Last, so that the rest does not depend on the names.
	let core = await small(text)
	for (const [name, source] of Object.entries(chunks)) {
		const hash = createHash('sha256').update(source).digest('hex').slice(0, 8)
		const file = chunk.replace('[name]', name).replace('[hash]', hash) + '.js'
		files.set(file, Buffer.from(source))
		core = core.replaceAll(new RegExp(`(['"])\\./${name}\\.js\\1`, 'g'), `$1./${file}$1`)
	}
	return files.set(library + '.js', Buffer.from(core))
}
