// Makes the npm package `pocketbook`, as readable modules with types and source maps:
//
//   node package.mjs OUTDIR        the files of the package
//   node package.mjs OUT.tgz       packed, as the server delivers it at /pocketbook.tgz
//
// The same sources make the same bytes.
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = fileURLToPath(new URL('.', import.meta.url))
const { dependencies } = JSON.parse(readFileSync(join(here, 'package.json'), 'utf8'))
const version = /AC_INIT\(\[pocketbook\], \[(.+?)\]\)/.exec(readFileSync(join(here, '../configure.ac'), 'utf8'))[1]

/** What an app imports: the name behind `pocketbook`, and the module. */
const ENTRIES = {
	'.': 'client/index',
	'./transit': 'client/transit',
	'./react': 'adapters/react',
	'./preact': 'adapters/preact',
	'./vue': 'adapters/vue',
	'./svelte': 'adapters/svelte',
	'./solid': 'adapters/solid',
	'./inspector': 'adapters/inspector',
	'./sw': 'adapters/sw',
	'./async-storage': 'adapters/async-storage',
	'./file': 'adapters/file',
	'./history': 'client/history',
	'./updates': 'client/updates',
	'./join': 'client/join',
}

/** Who uses an adapter has its framework already, of one of these versions. */
const FRAMEWORKS = { '@preact/signals-core': '>=1.2', react: '>=18', 'solid-js': '>=1.6', vue: '>=3.3' }

const manifest = {
	name: 'pocketbook',
	version,
	description: 'The client of a Pocketbook server: an atom that is stored on the device and synchronized',
	keywords: ['offline-first', 'local-first', 'sync', 'indexeddb', 'self-hosted'],
	license: 'MIT',
	type: 'module',
	// They add to the client, to Node and to the page.
	sideEffects: ['./client/history.js', './client/join.js', './client/updates.js', './adapters/program.js', './adapters/inspector.js'],
	engines: { node: '>=18' },
	exports: {
		...Object.fromEntries(Object.entries(ENTRIES).map(([name, module]) => [name, { types: `./${module}.d.ts`, ...(name === '.' && { node: './adapters/program.js' }), default: `./${module}.js` }])),
		// For ClojureScript: node_modules/pocketbook/cljs/src is a source path.
		'./cljs/*': './cljs/*',
		'./package.json': './package.json',
	},
	types: `./${ENTRIES['.']}.d.ts`,
	// With ranges, so that an app which has them too has them once.
	dependencies: Object.fromEntries(Object.entries(dependencies).map(([name, one]) => [name, `^${one}`])),
	peerDependencies: FRAMEWORKS,
	peerDependenciesMeta: Object.fromEntries(Object.keys(FRAMEWORKS).map((name) => [name, { optional: true }])),
}

function run(command, args, options) {
	const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8', ...options })
	if (status !== 0) throw new Error(`${command}: ${error ?? stdout + stderr}`)
}

/** The modules as tsc writes them: one for each source, with its comments. */
function compile(out) {
	const config = join(out, 'tsconfig.json')
	const compilerOptions = { noEmit: false, declaration: true, sourceMap: true, inlineSources: true, rootDir: here, outDir: out, typeRoots: [join(here, 'node_modules/@types')] }
	writeFileSync(config, JSON.stringify({ extends: join(here, 'tsconfig.json'), compilerOptions, include: [join(here, 'client'), join(here, 'adapters')] }))
	run(process.execPath, [join(here, 'node_modules/typescript/bin/tsc'), '-p', config])
	rmSync(config)
	const replaced = join(out, 'client/load-transit')
	for (const ending of ['.js', '.js.map', '.d.ts']) renameSync(`${replaced}.packaged${ending}`, replaced + ending)
	writeFileSync(`${replaced}.js`, readFileSync(`${replaced}.js`, 'utf8').replace('load-transit.packaged.js.map', 'load-transit.js.map'))
	for (const path of readdirSync(out, { recursive: true }).filter((name) => name.endsWith('.map'))) relocate(join(out, path))
}

/** Source maps have the sources in them: the names must not depend on the folder. */
function relocate(path) {
	const map = JSON.parse(readFileSync(path, 'utf8'))
	map.sources = map.sources.map((name) => name.split('/').at(-1))
	writeFileSync(path, JSON.stringify(map))
}

const DOCUMENTS = ['client.md', 'clojurescript.md']

/** A link, without its target if that is not in the package. */
const unlinked = (link, text, target) => (DOCUMENTS.includes(target) ? link : text)

function write(out) {
	rmSync(out, { recursive: true, force: true })
	mkdirSync(out, { recursive: true })
	compile(out)
	// The documents link to each other as in the source.
	const readme = readFileSync(join(here, 'client/README.md'), 'utf8').replace('[Pocketbook](../../README.md)', 'Pocketbook').replace('../../doc/client.md', 'client.md')
	writeFileSync(join(out, 'README.md'), readme)
	// Without the pictures, which every server would have to carry.
	for (const name of DOCUMENTS) writeFileSync(join(out, name), readFileSync(join(here, '../doc', name), 'utf8').replace(/^!\[.*\n\n/gm, '').replace(/\[([^\]]+)\]\(([^)#]+)(?:#[^)]*)?\)/g, unlinked))
	for (const name of ['deps.edn', 'src']) cpSync(join(here, 'cljs', name), join(out, 'cljs', name), { recursive: true })
	cpSync(join(here, '../LICENSE'), join(out, 'LICENSE'))
	writeFileSync(join(out, 'package.json'), JSON.stringify(manifest, null, 2) + '\n')
}

/** npm sets the times, owners and modes in the archive to fixed ones. */
function pack(file) {
	const folder = mkdtempSync(join(tmpdir(), 'pocketbook-package-'))
	try {
		write(join(folder, 'package'))
		run('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', folder, './package'], { cwd: folder })
		cpSync(join(folder, `pocketbook-${version}.tgz`), file)
	} finally {
		rmSync(folder, { recursive: true })
	}
}

if (process.argv.length !== 3) {
	console.error('usage: node package.mjs OUTDIR|OUT.tgz')
	process.exit(2)
}
const out = resolve(process.argv[2])
out.endsWith('.tgz') ? pack(out) : write(out)
