// The rules of the tree, each a function of a tree: {paths, read(path)}, that returns
// violations, 'path:line: what'. tree.test.mjs checks this tree with those that are on;
// rules.test.mjs checks that each of them can fail.
//
//   node t/conventions/rules.mjs [RULE...]    lists the violations of this tree, also of rules that are off
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Which rules ./dev test enforces. */
export const enforced = {
	format: true, // clang-format has nothing to change
	shellcheck: true,
	includes: true, // only what the table of doc/architecture.md allows
	circles: true, // no two folders lead to each other
	functions: true, // at most 40 lines, outside t/
	test_functions: true, // in t/
	purpose: true, // every .c file opens with a comment
	columns: true, // comments and prose end at 88
	released: true, // the build lists every file, so that a release has it
}

const COLUMNS = 88
const FUNCTION_LINES = 40

export const root = fileURLToPath(new URL('../..', import.meta.url))

/** All files under version control; none where there is no git work tree, as in a
 * release. */
export function thisTree() {
	const { stdout } = spawnSync('git', ['-C', root, 'ls-files', '-z'], { encoding: 'utf8', maxBuffer: 1 << 26 })
	const paths = (stdout ?? '').split('\0').filter((path) => path && existsSync(root + path) && !path.startsWith('t/fuzz/corpus/'))
	return { paths, read: (path) => readFileSync(root + path, 'utf8') }
}

const isC = (path) => /\.[ch]$/.test(path)
const lines = (tree, path) => tree.read(path).split('\n')
const numbered = (tree, path) => lines(tree, path).map((line, i) => [line, `${path}:${i + 1}`])

export function isShell(tree, path) {
	return /\.sh$/.test(path) || (!/\.[a-z]+$/.test(path) && /^#!.*\b(ba|da)?sh\b/.test(tree.read(path)))
}

// ---- Tools that know better ----

function said(tool, args, paths) {
	const each = ['-0', '-n8', `-P${cpus().length}`, tool, ...args]
	const { status, stdout, stderr } = spawnSync('xargs', each, { cwd: root, input: paths.join('\0'), encoding: 'utf8', maxBuffer: 1 << 26 })
	if (status > 123) return [`${tool}:0: ${stderr.trim()}`]
	return (stdout + stderr).split('\n').filter((line) => /^\S+:\d+:\d+: /.test(line))
}

export const format = (tree) => said('clang-format', ['--dry-run', '-style=file'], tree.paths.filter(isC))

export const shellcheck = (tree) => said('shellcheck', ['--format=gcc'], tree.paths.filter((path) => isShell(tree, path)))

// ---- Who includes whom ----

/** {folder: [what it may include]} of the table below "## Folders" in
 * doc/architecture.md. */
export function folderTable(tree) {
	const section = tree.read('doc/architecture.md').split(/^## Folders$/m)[1]?.split(/^## /m)[0] ?? ''
	const rows = section.matchAll(/^\| `([^`]+)` \|.*\| ?(.*?) ?\|$/gm)
	return Object.fromEntries([...rows].map(([, folder, may]) => [folder, may.split(',').map((name) => name.replaceAll('`', '').trim())]))
}

/** The row of the table that a file belongs to: the innermost folder that has one. */
function folderOf(path, table) {
	let folder = dirname(path)
	while (folder !== '.' && !table[folder]) folder = dirname(folder)
	return folder === '.' ? undefined : folder
}

function* inclusions(tree) {
	for (const path of tree.paths.filter(isC)) {
		for (const [line, place] of numbered(tree, path)) {
			const header = /^\s*#\s*include "([^"]+)"/.exec(line)?.[1]
			if (header) yield { path, header, place }
		}
	}
}

/** Tests and benchmarks may see everything. */
const free = (folder) => folder === 't' || folder === 'bench'

export function includes(tree) {
	const table = folderTable(tree)
	const bad = Object.keys(table).length ? [] : ['doc/architecture.md:1: has no table of folders']
	for (const { path, header, place } of inclusions(tree)) {
		if (free(path.split('/')[0]) || !header.includes('/')) continue
		const [from, to] = [folderOf(path, table), folderOf(header, table)]
		if (!from) bad.push(`${place}: ${dirname(path)} is not in the table of folders`)
		else if (!to) bad.push(`${place}: ${dirname(header)}, of "${header}", is not in the table of folders`)
		else if (from !== to && !table[from].some((may) => may === to || may === header || may === 'all doors'))
			bad.push(`${place}: ${from} may not include ${header}`)
	}
	return bad
}

/** Folders that include each other, directly or around. */
export function circles(tree) {
	const table = folderTable(tree)
	const next = new Map()
	for (const { path, header, place } of inclusions(tree)) {
		const [from, to] = [folderOf(path, table), folderOf(header, table)]
		if (!from || !to || from === to || free(path.split('/')[0])) continue
		if (!next.has(from)) next.set(from, new Map())
		next.get(from).set(to, place)
	}
	const reaches = (from, to, seen = new Set()) =>
		from === to || (!seen.has(from) && seen.add(from) && [...(next.get(from)?.keys() ?? [])].some((folder) => reaches(folder, to, seen)))
	const bad = []
	for (const [from, all] of next) for (const [to, place] of all) if (reaches(to, from)) bad.push(`${place}: ${from} includes ${to}, which leads back to ${from}`)
	return bad
}

// ---- What a reader sees ----

/** A brace at the start of a line is a function's: clang-format puts no other there. */
function longFunctions(tree, paths) {
	const bad = []
	for (const path of paths.filter((path) => path.endsWith('.c'))) {
		let begin = -1
		lines(tree, path).forEach((line, i) => {
			if (line === '{') begin = i
			if (line !== '}' || begin < 0) return
			if (i - begin - 1 > FUNCTION_LINES) bad.push(`${path}:${begin + 1}: a function of ${i - begin - 1} lines; at most ${FUNCTION_LINES}`)
			begin = -1
		})
	}
	return bad
}

const isTest = (path) => path.startsWith('t/')

export const functions = (tree) => longFunctions(tree, tree.paths.filter((path) => !isTest(path)))

export const test_functions = (tree) => longFunctions(tree, tree.paths.filter(isTest))

export function purpose(tree) {
	return tree.paths
		.filter((path) => path.endsWith('.c') && !/^(\/\*|\/\/)\s*\S/.test(tree.read(path)))
		.map((path) => `${path}:1: does not open with a comment that says what it is and who calls it`)
}

const width = (line) => [...line].reduce((at, c) => (c === '\t' ? at + 8 - (at % 8) : at + 1), 0)

/** Box characters and arrow heads, or two spaces in a row: its author wants it so. */
const drawn = (text) => /[\u2500-\u257f\u25b2-\u25c1]/.test(text) || /\S {2,}\S/.test(text.trim().replace(/`[^`]*`/g, 'x'))

/** Is it too long, although it could be broken after some word? */
function tooLong(line, begin) {
	if (width(line) <= COLUMNS || drawn(line.slice(begin))) return false
	const text = line.slice(begin).trimStart()
	const breakable = text.lastIndexOf(' ', COLUMNS - width(line.slice(0, line.length - text.length)))
	return breakable > 0 && !/^(- |\d+\. )?\S+$/.test(text.slice(0, breakable))
}

/** Lines of comments that stand alone: [line, place, where the text begins]. */
function* comments(tree, path) {
	let within = false
	for (const [line, place] of numbered(tree, path)) {
		const opens = /^\s*\/\*+ ?/.exec(line)
		const mark = within ? /^\s*\*? ?/.exec(line) : (opens ?? /^\s*\/\/ ?/.exec(line))
		if (mark && !line.endsWith('\\')) yield [line, place, mark[0].length]
		if (within || opens) within = !line.includes('*/')
	}
}

function* hashComments(tree, path) {
	let end // of a here-document
	for (const [line, place] of numbered(tree, path)) {
		if (end !== undefined) {
			if (line.trim() === end) end = undefined
			continue
		}
		end = isShell(tree, path) ? /<<-?\s*\\?['"]?([A-Za-z_]\w*)/.exec(line)?.[1] : undefined
		const mark = /^\s*#+ ?/.exec(line)
		if (mark && !line.startsWith('#!')) yield [line, place, mark[0].length]
	}
}

/** Markdown, without what may be as long as it is: code, tables, headings, links'
 * addresses. */
function* prose(tree, path) {
	let fenced = false
	for (const [line, place] of numbered(tree, path)) {
		if (/^\s*(```|~~~)/.test(line)) fenced = !fenced
		if (!fenced && !/^( {4,}[^-*\d ]|\t|\s*\||#|\[.*\]: |\s*<)/.test(line)) yield [line, place, 0]
	}
}

export function columns(tree) {
	const bad = []
	for (const path of tree.paths) {
		let found = []
		if (/\.([ch]|ts|mjs|css)$/.test(path)) found = comments(tree, path)
		else if (/\.md$/.test(path)) found = prose(tree, path)
		else if (/\.(am|ac|mk|pl|conf|service|socket)$/.test(path) || isShell(tree, path)) found = hashComments(tree, path)
		for (const [line, place, begin] of found) if (tooLong(line, begin)) bad.push(`${place}: ${width(line)} columns; prose ends at ${COLUMNS}`)
	}
	return bad
}

// ---- What a release has ----

/** What the Makefile.am files list: paths, folders as a whole, patterns. */
function listed(tree) {
	const words = []
	for (const path of tree.paths.filter((path) => /(^|\/)(local\.mk|Makefile\.am)$/.test(path))) {
		const here = path.includes('/') ? dirname(path) : '.'
		for (const [, list] of tree.read(path).replaceAll('\\\n', ' ').replaceAll('%D%', here).matchAll(/^\w+ \+?= *(.*)/gm))
			words.push(...list.split(/\s+/).map((word) => word.replace(/^(\$\(srcdir\)|\.)\//, '')))
	}
	return new Set(words)
}

/** A program of which nothing else is said is made of the .c file of its name; automake
 * distributes what it is given itself. */
export function released(tree) {
	const words = listed(tree)
	const has = (path) => {
		if (words.has(path) || /^(Makefile\.am|configure\.ac|.*local\.mk)$/.test(path)) return true
		if (/\.c$/.test(path) && words.has(path.slice(0, -2))) return true
		const folder = dirname(path)
		return folder !== '.' && (words.has(`${folder}/*${/\.\w+$/.exec(path)?.[0]}`) || has(folder))
	}
	return tree.paths.filter((path) => !path.startsWith('.') && !has(path)).map((path) => `${path}:1: no list of local.mk or Makefile.am names it`)
}

export const rules = { format, shellcheck, includes, circles, functions, test_functions, purpose, columns, released }

if (process.argv[1] === fileURLToPath(import.meta.url)) {
	const tree = thisTree()
	for (const name of process.argv.length > 2 ? process.argv.slice(2) : Object.keys(rules)) {
		const bad = rules[name](tree)
		for (const line of bad) console.log(`${line} [${name}]`)
		process.exitCode ||= bad.length ? 1 : 0
	}
}
