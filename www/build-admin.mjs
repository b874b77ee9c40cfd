// Bundles the admin page: node build-admin.mjs OUTDIR
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as esbuild from 'esbuild'

const here = dirname(fileURLToPath(import.meta.url))
if (process.argv.length !== 3) {
	console.error('usage: node build-admin.mjs OUTDIR')
	process.exit(2)
}
const out = resolve(process.argv[2])

const { outputFiles } = await esbuild.build({
	absWorkingDir: here,
	outdir: out,
	entryPoints: { admin: join(here, 'admin/main.tsx'), 'admin-style': join(here, 'admin/admin.css') },
	entryNames: '[name]',
	assetNames: 'assets/[name]-[hash]',
	loader: { '.woff2': 'file', '.svg': 'file' },
	bundle: true,
	minify: true,
	format: 'esm',
	target: ['es2022'],
	charset: 'utf8',
	jsx: 'automatic',
	jsxImportSource: 'preact',
	legalComments: 'none',
	logLevel: 'warning',
	write: false,
})
const built = new Map(outputFiles.map(({ path, contents }) => [path.slice(out.length + 1), Buffer.from(contents)]))
built.set('admin.css', built.get('admin-style.css'))
built.delete('admin-style.css')
built.set('icon.svg', readFileSync(join(here, 'page/icon.svg')))
const version = (name) => createHash('sha256').update(built.get(name)).digest('hex').slice(0, 12)
const html = readFileSync(join(here, 'admin/index.html'), 'utf8')
built.set('index.html', Buffer.from(html.replace(/(src|href)="(admin\.\w+)"/g, (_all, attribute, name) => `${attribute}="${name}?v=${version(name)}"`)))

rmSync(out, { recursive: true, force: true })
for (const [name, content] of built) {
	mkdirSync(dirname(join(out, name)), { recursive: true })
	writeFileSync(join(out, name), content)
}
