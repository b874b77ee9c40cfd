// The ClojureScript sources in nbb, an interpreter with the real cljs.core, against a
// server (core_test.cljs, with cljs.test), and compiled by cherry.
import assert from 'node:assert/strict'
import { cpSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { startServer } from '../page/server.mjs'
import { here, makeApp, run, tools } from './kit.mjs'

const app = makeApp(after)
const server = await startServer({ options: ['--history', '20'] })
after(() => server.close())
const env = { POCKETBOOK_URL: server.url }

test('nbb: the tests in ClojureScript', async () => {
	for (const name of ['core_test.cljs', 'async_test.cljs', 'run.cljs', 'stubs']) cpSync(join(here, name), join(app, name), { recursive: true })
	const { code, out } = await run(app, [join(tools, 'nbb/cli.js'), '--classpath', 'node_modules/pocketbook/cljs/src:stubs:.', 'run.cljs', '--', 'core-test', 'async-test'], env)
	const [, tests] = /Ran (\d+) tests containing \d+ assertions\.\n0 failures, 0 errors\./.exec(out) ?? assert.fail(out)
	assert.ok(tests >= 20, out)
	assert.equal(code, 0)
})

/** The forms of a text at the top level, each with what stands behind `; =>`. */
function forms(text) {
	const found = []
	let depth = 0, begin = -1
	for (const { 0: token, index } of text.matchAll(/"(?:[^"\\\\]|\\\\.)*"|; => (.*)|;.*|[()[\]{}]|@?[^\s()[\]{}"]+/g)) {
		if (token.startsWith('; =>')) found.at(-1).result = token.slice(5)
		if (token.startsWith(';')) continue
		if (depth === 0) begin = index
		if (/^[([{]/.test(token)) depth++
		if (/^[)\]}]/.test(token)) depth--
		if (depth === 0) found.push({ form: text.slice(begin, index + token.length) })
	}
	return found
}

test('nbb: the guide\'s examples', async () => {
	const guide = readFileSync(new URL('../../doc/clojurescript.md', import.meta.url), 'utf8')
	const text = [...guide.matchAll(/^```clojure\n(.*?)^```/gms)].map(([, block]) => block).join('\n')
	const all = forms(text.replaceAll('http://localhost:8080"', `${server.url}" :storage :memory`))
	assert.ok(all.filter(({ result }) => result).length >= 7)
	const checked = all.map(({ form, result }) => (result ? `(let [is ${form}] (when-not (= is '${result}) (throw (js/Error. (pr-str '${form} is)))))` : form))
	writeFileSync(join(app, 'guide.cljs'), [...checked, '(println "all of them")', '(js/process.exit 0)'].join('\n'))
	const { out } = await run(app, [join(tools, 'nbb/cli.js'), '--classpath', 'node_modules/pocketbook/cljs/src', 'guide.cljs'])
	assert.equal(out, 'all of them\n')
})

test('cherry: it compiles every namespace, and what it compiles runs', async () => {
	const cherry = join(tools, 'cherry-cljs/node_cli.js')
	writeFileSync(join(app, 'cherry.edn'), '{:paths ["node_modules/pocketbook/cljs/src" "program"] :output-dir "out"}')
	mkdirSync(join(app, 'program'))
	cpSync(join(here, 'compiled.cljs'), join(app, 'program/compiled.cljs'))
	const sources = join('node_modules/pocketbook/cljs/src/pocketbook')
	const names = readdirSync(join(app, sources))
	assert.ok(names.length >= 6)
	const made = await run(app, [cherry, 'compile', ...names.map((name) => join(sources, name)), 'program/compiled.cljs'])
	assert.equal(made.code, 0, made.out)
	for (const name of names) assert.equal((await run(app, ['--check', `out/pocketbook/${name.replace('.cljs', '.mjs')}`])).out, '')
	const { code, out } = await run(app, ['out/compiled.mjs'], env)
	assert.equal(out, 'compiled: done\n')
	assert.equal(code, 0)
})
