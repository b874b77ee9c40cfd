// What the files of the tree need, and which Debian package has it: headers of C files,
// commands of scripts. Packages are looked up among those that are installed (dpkg), so
// nothing is asked of the network.
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs'

const out = (file, args, input) => spawnSync(file, args, { encoding: 'utf8', input, maxBuffer: 1 << 28 }).stdout ?? ''

/** {NAME: [package]} of dev.d: build, node, the words' own lists and each suite's. */
export function packageLists(root) {
	const script = `cd "$1" && . dev.d/packages.sh && . dev.d/suites.sh
		for list in \${!suite_packages[*]}; do echo "$list" \${suite_packages[$list]}; done
		for list in build node bench soak analyze coverage fresh; do name=\${list}_packages; echo "./dev $list" \${!name}; done`
	const lines = execFileSync('bash', ['-c', script, 'bash', root], { encoding: 'utf8' }).trim().split('\n')
	return Object.fromEntries(lines.map((line) => line.match(/^(\.\/dev )?\S+|\S+/g)).map(([name, ...packages]) => [name, packages]))
}

// ---- What a file needs ----

/** Headers in angle brackets: [{name, line}]. */
export function headers(text) {
	return text.split('\n').flatMap((line, i) => {
		const name = /^\s*#\s*include <([^>]+)>/.exec(line)?.[1]
		return name ? [{ name, line: i + 1 }] : []
	})
}

/** Words that run another command, and how many words of their own stand between. */
const RUNNERS = { exec: 0, command: 0, env: 0, xargs: 0, as_root: 0, nohup: 0, wait_for: 1, timeout: 1, chroot: 1 }

const literal = (word) => (word?.Parts?.length === 1 && word.Parts[0].Type === 'Lit' ? word.Parts[0].Value : undefined)

function* nodes(node) {
	if (!node || typeof node !== 'object') return
	yield node
	for (const value of Object.values(node)) yield* nodes(value)
}

/** Commands of a shell script and functions that it defines: {commands: [{name, line}],
 * functions}. */
export function shellCommands(text, path) {
	const json = out('shfmt', ['-ln', 'bash', '-tojson'], text)
	if (!json) throw new Error(`shfmt cannot read ${path}`)
	const commands = [], functions = []
	for (const node of nodes(JSON.parse(json))) {
		if (node.Type === 'FuncDecl') functions.push(node.Name.Value)
		if (node.Type !== 'CallExpr') continue
		let words = node.Args ?? []
		while (words.length) {
			const name = literal(words[0])
			if (name) commands.push({ name: name.replace(/^\\/, ''), line: words[0].Pos.Line })
			if (RUNNERS[name] === undefined) break
			words = words.slice(1 + RUNNERS[name])
			if (name === 'command' && /^-[vV]$/.test(literal(words[0]) ?? '')) break
			while (words.length && /^-|=/.test(literal(words[0]) ?? words[0].Parts?.[0]?.Value ?? '')) words = words.slice(1)
		}
	}
	return { commands, functions }
}

/** Programs that a node script starts by a name that stands there, or names by a path
 * of the system. */
export function nodeCommands(text) {
	return text.split('\n').flatMap((line, i) => {
		const calls = line.matchAll(/\b(?:spawn|spawnSync|execFile|execFileSync|said|start|out|new Program)\(\s*'([a-z][\w+-]*)'/g)
		const paths = line.matchAll(/'\/usr\/s?bin\/([\w.+-]+)'/g)
		return [...new Set([...calls, ...paths].map(([, name]) => name))].map((name) => ({ name, line: i + 1 }))
	})
}

// ---- Which package has it ----

const cache = new Map()
const once = (key, make) => cache.get(key) ?? cache.set(key, make()).get(key)

/** The package that a file is of; files may be known by their path before /usr was
 * merged. */
function ownerOf(path) {
	const ways = new Set([path, realpathSync(path)].flatMap((way) => [way, way.replace(/^\/usr\//, '/'), `/usr${way}`]))
	for (const way of ways) {
		const name = /^([^\s:,]+)[^\s]*: /.exec(out('dpkg-query', ['-S', way]))?.[1]
		if (name && name !== 'diversion') return name
	}
}

const FOLDERS = ['/usr/bin', '/usr/sbin', '/bin', '/sbin']

/** What is named otherwise on some machines, diverted (pg_config), in a package that
 * the listed one needs (python3), or only unpacked (fetch_prometheus in
 * dev.d/packages.sh). */
const KNOWN = { node: 'nodejs', npm: 'npm', python3: 'python3', pg_config: 'libpq-dev', 'pkg-config': 'pkg-config', prometheus: 'prometheus', promtool: 'prometheus' }

/** The server, which is built, and what only those have who need it. */
const GIVEN = ['pocketbook', 'sudo']

export function commandPackage(name) {
	return once(`command ${name}`, () => {
		if (KNOWN[name]) return KNOWN[name]
		const path = name.startsWith('/') ? name : FOLDERS.map((folder) => `${folder}/${name}`).find((path) => existsSync(path))
		return path && existsSync(path) ? ownerOf(path) : undefined
	})
}

export function headerPackage(name) {
	return once(`header ${name}`, () => {
		const compilers = '/usr/lib/gcc/' + out('gcc', ['-print-multiarch']).trim()
		const folders = ['/usr/include', '/usr/include/postgresql', `/usr/include/${out('gcc', ['-print-multiarch']).trim()}`]
		if (existsSync(compilers)) for (const version of readdirSync(compilers)) folders.push(`${compilers}/${version}/include`)
		const path = folders.map((folder) => `${folder}/${name}`).find((path) => existsSync(path))
		const owner = path && ownerOf(path)
		// These two come with any compiler and libc.
		return owner?.replace(/^libgcc-.*-dev$/, 'gcc').replace(/^linux-libc-dev$/, 'libc6-dev')
	})
}

/** Is it on every Debian that ./dev can install something on? */
export function isEverywhere(name) {
	if (name === 'apt') return true
	return once(`priority ${name}`, () => /^yes|required$/.test(out('dpkg-query', ['-W', '-f', '${Essential} ${Priority}', name])))
}

export const isInstalled = (name) => once(`status ${name}`, () => /install ok installed/.test(out('dpkg-query', ['-W', '-f', '${Status}', name])))

const builtins = () => once('builtins', () => new Set(out('bash', ['-c', 'compgen -b; compgen -k']).split('\n')))

// ---- The comparison ----

/**
 * What the list lacks for these files, as 'path:line: what', and what cannot be told
 * because a package of the list is not installed. `files` is {path: text}; `functions`
 * are those of all scripts; `list` are the packages that are installed for them.
 */
export function lacking(files, functions, list) {
	const bad = [], unsure = []
	const judge = (path, { name, line }, owner) => {
		const absent = list.filter((name) => !isInstalled(name) && !Object.values(KNOWN).includes(name))
		if (owner && (list.includes(owner) || isEverywhere(owner))) return
		if (owner) bad.push(`${path}:${line}: ${name} is of the package ${owner}, which is not in the list`)
		else if (absent.length) unsure.push(`${path}:${line}: ${name} may be of ${absent.join(' or ')}, not installed`)
		else bad.push(`${path}:${line}: ${name} is of no installed package`)
	}
	for (const [path, text] of Object.entries(files)) {
		if (/\.[ch]$/.test(path)) for (const header of headers(text)) judge(path, header, headerPackage(header.name))
		else {
			const { commands } = path.endsWith('.mjs') ? { commands: nodeCommands(text) } : shellCommands(text, path)
			for (const command of commands) {
				const ours = GIVEN.includes(command.name) || functions.has(command.name) || builtins().has(command.name) || /^[^/]+\/|[^\w/.+[-]|^$/.test(command.name)
				if (!ours) judge(path, command, commandPackage(command.name))
			}
		}
	}
	return { bad, unsure }
}

export const read = (root, path) => readFileSync(root + path, 'utf8')
