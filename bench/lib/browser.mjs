// The rows in a browser: Chromium on a folder of its own, and pages that have one of bench/browser's sides each.
import { writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pocketbook } from './pocketbook.mjs'

const www = createRequire(new URL('../../www/', import.meta.url))
const ARGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync']

/** Bundled as an app would do it; the library of ours is what the server has at /pocketbook.js. */
async function bundle(bench, names, folder) {
	const { build } = www('esbuild')
	await build({
		entryPoints: names.map((name) => bench.source(`bench/browser/${name}.mjs`)), outdir: folder, outExtension: { '.js': '.mjs' },
		bundle: true, minify: true, format: 'esm', external: ['/pocketbook.js'], logLevel: 'warning', define: { global: 'globalThis' },
	})
	writeFileSync(join(folder, 'index.html'), '<!doctype html><title>bench</title>')
}

/** A server whose pages have these sides, with `lines` (as `pocketbook import` takes them) in its database, and Chromium. */
export async function openBrowser(bench, names, lines) {
	const folder = bench.folder()
	await bundle(bench, names, folder)
	const db = join(bench.folder(), 'pocketbook.db')
	const load = bench.start(bench.binary, ['import', '--db', db])
	load.stdin.end(lines)
	await load.result()
	const { url } = await pocketbook(bench, { db, options: ['--www', folder] })
	// Not a context beside others: those keep everything in memory.
	const context = await www('playwright-core').chromium.launchPersistentContext(bench.folder(), {
		executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ARGS,
	})
	bench.defer(() => context.close())
	context.setDefaultTimeout(120_000)
	return {
		/** Calls a function that a side exports, in a page of its own or in `page`. */
		async call(side, name, args, page) {
			const own = page ?? (await this.open())
			const answer = await own.evaluate(async ([side, name, args]) => (await import(`/${side}.mjs`))[name](...args), [side, name, args])
			if (!page) await own.close()
			return answer
		},
		async open() {
			const page = await context.newPage()
			await page.goto(url)
			return page
		},
	}
}

/** The lines of `pocketbook import` for `count` todos. */
export async function todoLines(count) {
	const { todo } = await import('../browser/common.mjs')
	return Array.from({ length: count }, (_, i) => JSON.stringify({ id: `todos:${i}`, value: todo(i) }) + '\n').join('')
}
