// Rows in a browser: Chromium with a profile of its own, and pages with one of the
// sides in bench/browser each.
import { writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pocketbook } from './pocketbook.mjs'

const www = createRequire(new URL('../../www/', import.meta.url))
const ARGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync']

/** Bundled like an app; Pocketbook's library is /pocketbook.js of the server. */
async function bundle(bench, names, folder) {
	const { build } = www('esbuild')
	await build({
		entryPoints: names.map((name) => bench.source(`bench/browser/${name}.mjs`)), outdir: folder, outExtension: { '.js': '.mjs' },
		bundle: true, minify: true, format: 'esm', external: ['/pocketbook.js'], logLevel: 'warning', define: { global: 'globalThis' },
	})
	writeFileSync(join(folder, 'index.html'), '<!doctype html><title>bench</title>')
}

/** Starts Chromium and a server with these sides and with `lines` in its database, in
 * the format of `pocketbook import`. */
export async function openBrowser(bench, names, lines) {
	const folder = bench.folder()
	await bundle(bench, names, folder)
	const db = join(bench.folder(), 'pocketbook.db')
	const load = bench.start(bench.binary, ['import', '--db', db])
	load.stdin.end(lines)
	await load.result()
	const { url } = await pocketbook(bench, { db, options: ['--www', folder] })
	// A persistent context, as others keep everything in memory.
	const context = await www('playwright-core').chromium.launchPersistentContext(bench.folder(), {
		executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ARGS,
	})
	bench.defer(() => context.close())
	context.setDefaultTimeout(120_000)
	return {
		/** Calls an exported function of a side, in a new page or in `page`. */
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

/** `count` todos in the format of `pocketbook import`. */
export async function todoLines(count) {
	const { todo } = await import('../browser/common.mjs')
	return Array.from({ length: count }, (_, i) => JSON.stringify({ id: `todos:${i}`, value: todo(i) }) + '\n').join('')
}
