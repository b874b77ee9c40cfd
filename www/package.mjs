// Makes the npm package `pocketbook`: the bundle that the server delivers, with types
// and a README: node package.mjs OUTDIR
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundleLibrary } from './library.mjs'

const here = fileURLToPath(new URL('.', import.meta.url))
if (process.argv.length !== 3) {
	console.error('usage: node package.mjs OUTDIR')
	process.exit(2)
}
const out = resolve(process.argv[2])
const { dependencies } = JSON.parse(readFileSync(join(here, 'package.json'), 'utf8'))
const version = /AC_INIT\(\[pocketbook\], \[(.+?)\]\)/.exec(readFileSync(join(here, '../configure.ac'), 'utf8'))[1]

rmSync(out, { recursive: true, force: true })
mkdirSync(out, { recursive: true })
// transit-js stays a dependency with a range, so that it is the same as the app's own.
const external = ['transit-js']
for (const [name, content] of await bundleLibrary({ library: 'index', codec: 'transit', external })) writeFileSync(join(out, name), content)

const tsc = join(here, 'node_modules/typescript/bin/tsc')
const flags = ['--declaration', '--emitDeclarationOnly', '--noEmit', 'false', '--outDir', out, '--rootDir', join(here, 'client')]
const types = join(out, 'tsconfig.json')
writeFileSync(types, JSON.stringify({ extends: join(here, 'tsconfig.json'), include: [join(here, 'client')] }))
const { status, stdout } = spawnSync(process.execPath, [tsc, '-p', types, ...flags], { encoding: 'utf8' })
rmSync(types)
if (status !== 0) throw new Error(stdout)

// The documents link to each other as in the source.
const readme = readFileSync(join(here, 'client/README.md'), 'utf8').replace('[Pocketbook](../../README.md)', 'Pocketbook').replace('../../doc/client.md', 'client.md')
writeFileSync(join(out, 'README.md'), readme)
cpSync(join(here, '../doc/client.md'), join(out, 'client.md'))
cpSync(join(here, '../LICENSE'), join(out, 'LICENSE'))
const manifest = {
	name: 'pocketbook',
	version,
	description: 'The client of a Pocketbook server: an atom that is stored on the device and synchronized',
	license: 'MIT',
	type: 'module',
	sideEffects: false,
	exports: { '.': { types: './index.d.ts', default: './index.js' } },
	types: './index.d.ts',
	dependencies: Object.fromEntries(external.map((name) => [name, `^${dependencies[name]}`])),
}
writeFileSync(join(out, 'package.json'), JSON.stringify(manifest, null, 2) + '\n')
