// Each package list holds what the files of its suite compile and call; README.md and
// debian/control name what the build needs.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { isShell, root, thisTree } from '../conventions/rules.mjs'
import { lacking, packageLists, read, shellCommands } from './packages.mjs'

const tree = thisTree()
const lists = packageLists(root)
const noDebian = spawnSync('dpkg-query', ['--version']).error ? 'not Debian' : !tree.paths.length ? 'not a git work tree' : false
const build = [...lists['./dev build'], ...lists['./dev node']]

/** Which files each list is for. A file that is in none of them fails the last test. */
const uses = {
	'./dev build': /^(dev|dev\.d\/(build|packages|test|suites)\.sh|\.ci\/run|(?!t\/|bench\/|store\/postgres\/).*\.[ch]|(www|site)\/[^/]*\.m?js)$/,
	'./dev bench': /^bench\//,
	'./dev soak': /^t\/(soak\.mjs|fuzz\/run\.sh|history\/.*|(patroni|lib)\.sh)$/,
	'./dev analyze': /^(t\/analyze\.sh|bench\/.*\.c)$/,
	'./dev coverage': /^t\/coverage\.sh$/,
	'./dev fresh': /^dev\.d\/fresh\.sh$/,
	conventions: /^t\/conventions\//,
	packages: /^t\/packages\//,
	modules: /^(t\/(unit|fuzz|transit)|store\/postgres)\/.*\.[ch]$|^t\/[^/]*\.c$/,
	processes: /^t\/(\d{4}-.*|lib|nginx|postgres|on-postgres|hostile|upgrade-load|boot|invite)\.sh$|^t\/(hook|jwt|login|stale|upgrade-load)\.mjs$/,
	threads: /^t\/threads\.sh$/,
	valgrind: /^t\/(valgrind|lib)\.sh$/,
	analyzers: /\.c$/,
	memory: /^t\/(0110-idle-memory|0260-data-memory|0830-slow-clients|0840-floods|hostile|lib)\.sh$/,
	systemd: /^t\/(0510-systemd|0530-boot|boot|lib)\.sh$/,
	reproducible: /^t\/(reproducible|lib)\.sh$/,
	cross: /^t\/(cross|lib)\.sh$/,
	package: /^t\/(deb|lib)\.sh$/,
	client: /^www\/test\//,
	transit: /^t\/transit\/.*\.mjs$/,
	conformance: /^t\/conformance\//,
	bench: /^t\/bench\//,
	histories: /^t\/history\//,
	page: /^(t\/page|examples)\//,
	site: /^t\/site\//,
	cljs: /^t\/cljs\//,
}

/** Unpacked beside the build, not installed (dev.d/packages.sh). */
const fetched = { processes: ['prometheus'] }

const isScript = (path) => path.endsWith('.mjs') || isShell(tree, path)
const sources = tree.paths.filter((path) => !/^debian\//.test(path) && (/\.[ch]$/.test(path) || isScript(path)))
const functions = new Set(sources.filter((path) => isShell(tree, path)).flatMap((path) => shellCommands(read(root, path), path).functions))

for (const [name, pattern] of Object.entries(uses)) {
	test(`${name}: its list holds what it uses`, { skip: noDebian }, (t) => {
		const files = Object.fromEntries(sources.filter((path) => pattern.test(path)).map((path) => [path, read(root, path)]))
		assert.ok(Object.keys(files).length > 0, 'it has no files')
		const { bad, unsure } = lacking(files, functions, [...build, ...lists[name], ...(fetched[name] ?? [])])
		for (const line of unsure) t.diagnostic(line)
		assert.ok(bad.length === 0, `${bad.length} missing:\n${bad.join('\n')}`)
	})
}

test('every script and C file is of some suite', () => {
	assert.deepEqual(sources.filter((path) => !Object.values(uses).some((pattern) => pattern.test(path))), [])
})

test('README.md names the packages of the build', () => {
	const named = [...read(root, 'README.md').split('## Build it by hand')[1].matchAll(/apt-get install ([a-z0-9 +.-]+)/g)]
	assert.deepEqual(named.flatMap(([, names]) => names.trim().split(/\s+/)).sort(), [...build].sort())
})

test('debian/control names the libraries of the build', () => {
	const named = read(root, 'debian/control').split(/^Build-Depends:/m)[1].split(/^\S/m)[0].match(/[a-z0-9+.-]+/g)
	// A package is built with gcc, make and libc6-dev (build-essential), and from a
	// release, which has configure and the page.
	const implied = ['gcc', 'make', 'libc6-dev', 'autoconf', 'automake', 'nodejs', 'npm']
	assert.deepEqual(build.filter((name) => !implied.includes(name) && !named.includes(name)), [])
})
