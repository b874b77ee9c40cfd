// Bundles the page and the client library: node build.mjs OUTDIR A file that another
// file names has a hash of its content in its name or as ?v=, so that two releases
// never mix.
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as esbuild from 'esbuild'
import { bundleLibrary } from './library.mjs'

const here = dirname(fileURLToPath(import.meta.url))
const page = (name) => join(here, 'page', name)

if (process.argv.length !== 3) {
	console.error('usage: node build.mjs OUTDIR')
	process.exit(2)
}
const out = resolve(process.argv[2])

const common = {
	absWorkingDir: here,
	outdir: out,
	bundle: true,
	minify: true,
	format: 'esm',
	target: ['es2022'],
	charset: 'utf8',
	legalComments: 'none',
	logLevel: 'warning',
	write: false,
}

/** The files by name. */
const built = new Map()
async function bundle(options) {
	const { outputFiles } = await esbuild.build({ ...common, ...options })
	for (const { path, contents } of outputFiles) built.set(path.slice(out.length + 1), Buffer.from(contents))
}

const sha256 = (content, encoding) => createHash('sha256').update(content).digest(encoding)
const versioned = (name) => `${name}?v=${sha256(built.get(name), 'hex').slice(0, 12)}`

// The library, for any page to import.
for (const [name, contents] of await bundleLibrary()) built.set(name, contents)

// ClojureScript for pages without a build, with the library that the page has.
const codec = [...built.keys()].find((name) => name.startsWith('pocketbook/transit-'))
const served = { 'index.js': '../pocketbook.js', 'transit.js': `../${codec}`, 'history.js': './history.js', 'updates.js': './updates.js' }
await bundle({
	entryPoints: { 'pocketbook/scittle': join(here, 'cljs/scittle.js') },
	loader: { '.cljs': 'text' },
	plugins: [{ name: 'served', setup: ({ onResolve }) => onResolve({ filter: /^\.\.\/client\// }, ({ path }) => ({ path: served[basename(path)], external: true })) }],
})

// The service worker of a folder: a function, which the server calls with the folder's
// files (worker/offline.c).
await bundle({
	entryPoints: { 'pocketbook/offline': join(here, 'offline/offline.js') },
	format: 'iife',
	banner: { js: '(FILES,VERSION)=>{' },
	footer: { js: '}' },
})

// The page imports the library like any other page.
const fromRoot = {
	name: 'library',
	setup: ({ onResolve }) => onResolve({ filter: /\/client\/index\.js$/ }, () => ({ path: './' + versioned('pocketbook.js'), external: true })),
}
await bundle({ entryPoints: { qr: page('qr.ts') } })
const pictures = {
	name: 'pictures',
	setup: ({ onResolve }) => onResolve({ filter: /^\.\/qr\.js$/ }, () => ({ path: './' + versioned('qr.js'), external: true })),
}
await bundle({
	entryPoints: { app: page('app.ts'), 'app-style': page('app.css') },
	entryNames: '[name]',
	assetNames: 'assets/[name]-[hash]',
	loader: { '.woff2': 'file', '.svg': 'file' },
	plugins: [fromRoot, pictures],
})
built.set('app.css', built.get('app-style.css'))
built.delete('app-style.css')

for (const name of ['icon.svg', 'icon.png', 'manifest.webmanifest']) built.set(name, readFileSync(page(name)))
built.set('index.html', Buffer.from(html(readFileSync(page('index.html'), 'utf8'))))

/**
 * The page with the versions of its files. `font:NAME` stands for the file of that
 * font.
 */
function html(text) {
	return text.replace(/(src|href)="([^"#]+)"/g, (_all, attribute, name) => {
		const font = /^font:(.+)$/.exec(name)?.[1]
		const file = font ? [...built.keys()].find((path) => path.startsWith(`assets/${font}-`)) : name
		if (!built.has(file)) throw new Error(`index.html: there is no ${name}`)
		return `${attribute}="${font ? file : versioned(file)}"`
	})
}

// The files that the service worker keeps: all that the page loads, by their names
// there.
const named = (name) => (name === 'index.html' ? './' : /^(assets|pocketbook)\//.test(name) ? name : versioned(name))
const kept = [...built.keys()].filter((name) => !/^pocketbook\/(?!later-)/.test(name)).sort()
const files = kept.map((name) => [named(name), 'sha256-' + sha256(built.get(name), 'base64')])
await bundle({
	entryPoints: { sw: page('sw.js') },
	define: { FILES: JSON.stringify(files), VERSION: JSON.stringify(sha256(JSON.stringify(files), 'hex').slice(0, 12)) },
})

rmSync(out, { recursive: true, force: true })
for (const [name, content] of built) {
	mkdirSync(dirname(join(out, name)), { recursive: true })
	writeFileSync(join(out, name), content)
}
