// Bundles the library for browsers: pocketbook.js, and beside it what is loaded only when it is asked for.
import { build } from 'esbuild'
import { fileURLToPath } from 'node:url'

const here = fileURLToPath(new URL('.', import.meta.url))

const options = {
	absWorkingDir: here,
	bundle: true,
	minify: true,
	format: 'esm',
	target: ['es2022'],
	charset: 'utf8',
	legalComments: 'none',
	logLevel: 'warning',
	write: false,
}

/** Pairs of a name and its bytes. */
export async function bundleLibrary() {
	// Each for itself: as chunks of one bundle, both would load the helpers that only Transit needs.
	const transit = await build({ ...options, entryPoints: ['client/transit.ts'], outdir: here, entryNames: 'pocketbook/[name]-[hash]' })
	const files = new Map(transit.outputFiles.map(({ path, contents }) => [path.slice(here.length), Buffer.from(contents)]))
	const [name] = files.keys()
	const onDemand = {
		name: 'transit on demand',
		setup: ({ onResolve }) => onResolve({ filter: /^\.\/transit\.js$/ }, () => ({ path: './' + name, external: true })),
	}
	const library = await build({ ...options, entryPoints: { pocketbook: 'client/index.ts' }, outdir: here, plugins: [onDemand] })
	return files.set('pocketbook.js', Buffer.from(library.outputFiles[0].contents))
}
