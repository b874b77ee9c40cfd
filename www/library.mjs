// Bundles the library as it is published, for the server's own page and for the npm package: one file, and what is loaded on demand.
import { build } from 'esbuild'
import { fileURLToPath } from 'node:url'
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
	'above', 'below', 'chain', 'changed', 'codecReady', 'compose', 'confirmed', 'degrade', 'ended', 'everything', 'flight', 'forbid', 'groups',
	'handOn', 'heads', 'http', 'kick', 'known', 'leading', 'leads', 'leave', 'line', 'live', 'mergeOf', 'missed', 'note', 'offline', 'onDocs',
	'onLead', 'onMessage', 'onNetwork', 'opened', 'own', 'post', 'pulled', 'record', 'release', 'replaced', 'replica', 'restart', 'resume',
	'session', 'settle', 'shown', 'stop', 'store', 'used', 'wait', 'waiting', 'wake', 'whole',
]
const publish = {
	...terser,
	compress: { passes: 3, pure_getters: true, unsafe_arrows: true, lhs_constants: false },
	mangle: { properties: { regex: new RegExp(`^(${INTERNAL.join('|')})$`), builtins: true } },
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
	const bundle = await build({ ...options, minify: !readable, entryPoints: ['client/index.ts'], external: ['./transit.js'] })
	const { text } = bundle.outputFiles[0]
	const { code } = readable ? { code: text } : await minify(text, publish)
	// Last, so that everything else is the same whatever its name.
	return files.set(library + '.js', Buffer.from(code.replaceAll('"./transit.js"', `"./${name}"`) + '\n'))
}
