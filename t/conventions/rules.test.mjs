// Each rule finds what it forbids, and nothing in what it allows.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { rules } from './rules.mjs'

const tree = (files) => ({ paths: Object.keys(files), read: (path) => files[path] })
const table = (...rows) => ['# Architecture', '## Folders', '| folder | what | may include |', '|---|---|---|', ...rows, '', '## More'].join('\n')
const places = (rule, files) => rules[rule](tree(files)).map((line) => line.split(': ')[0])

test('includes: a folder, one header, all doors, folders within folders', () => {
	const files = {
		'doc/architecture.md': table(
			'| `base` | much, `a|b` | libc |',
			'| `store` | documents | base |',
			'| `worker` | all | base, `worker/http`, store/store.h |',
			'| `worker/http` | HTTP | base |',
			'| `cli` | commands | all doors |',
		),
		'base/a.c': '#include "store/store.h"\n',
		'store/b.c': '#include <stdio.h>\n#include "base/buf.h"\n#include "config.h"\n#include "worker/worker.h"\n',
		'worker/c.c': '#include "worker/http/conn.h"\n#include "store/store.h"\n#include "store/docid.h"\n',
		'worker/http/d.c': '#include "base/buf.h"\n\n#include "worker/worker.h"\n',
		'cli/e.c': '#include "store/docid.h"\n#include "new/new.h"\n',
		'new/f.c': '#include "base/buf.h"\n',
		't/unit/g.c': '#include "worker/http/conn.h"\n',
	}
	assert.deepEqual(places('includes', files), ['base/a.c:1', 'store/b.c:4', 'worker/c.c:3', 'worker/http/d.c:3', 'cli/e.c:2', 'new/f.c:1'])
	assert.deepEqual(places('includes', { 'doc/architecture.md': '# No table\n' }), ['doc/architecture.md:1'])
})

test('circles: two folders, and around a third', () => {
	const rows = ['a', 'b', 'c', 'd'].map((name) => `| \`${name}\` | it | all doors |`)
	const files = { 'doc/architecture.md': table(...rows), 'a/x.c': '#include "b/x.h"\n', 'b/x.h': '#include "c/x.h"\n', 'c/x.c': '\n#include "a/x.h"\n', 'd/x.c': '#include "a/x.h"\n' }
	assert.deepEqual(places('circles', files), ['a/x.c:1', 'b/x.h:1', 'c/x.c:2'])
	assert.deepEqual(places('circles', { ...files, 'c/x.c': '' }), [])
})

test('functions: 40 lines and no more', () => {
	const body = (n) => `static void f(void)\n{\n${'\tx();\n'.repeat(n)}}\n`
	assert.deepEqual(places('functions', { 'base/a.c': `struct x {\n${'\tint y;\n'.repeat(60)}};\n${body(40)}${body(41)}` }), ['base/a.c:107'])
	assert.deepEqual(places('functions', { 't/unit/a.c': body(41) }), [])
	assert.deepEqual(places('test_functions', { 't/unit/a.c': body(41), 'base/a.c': body(41) }), ['t/unit/a.c:2'])
})

test('purpose: a comment before everything', () => {
	assert.deepEqual(places('purpose', { 'a.c': '/* Buffers. */\n', 'b.c': '#include "a.h"\n/* Late. */\n', 'c.c': '', 'd.h': 'int x;\n' }), ['b.c:1', 'c.c:1'])
})

test('columns: comments and prose, not code, tables, drawings or what cannot be broken', () => {
	const words = 'word '.repeat(20).trim()
	const far = `https://example.com/${'x'.repeat(90)}`
	const long = (...wrap) => wrap.map((mark) => `${mark}${words}`).join('\n') + '\n'
	assert.deepEqual(places('columns', { 'a.c': long('/* ') + ' */\n' + long('// ', '\t// ') }), ['a.c:1', 'a.c:3', 'a.c:4'])
	assert.deepEqual(places('columns', { 'b.h': `/* x\n * ${words}\n${words} */\nint y; /* ${words} */\n/* a ─▶ ${words} */\n/* a  b ${words} */\n/* ${far} */\n` }), ['b.h:2', 'b.h:3'])
	assert.deepEqual(places('columns', { 'c.md': `# ${words}\n\n${words}\n\n- ${words}\n\n    ${words}\n\n| ${words} |\n\`\`\`\n${words}\n\`\`\`\n[a]: ${far} ${words}\n${far}\n` }), ['c.md:3', 'c.md:5'])
	assert.deepEqual(places('columns', { 'd.sh': `#!/bin/bash\n# ${words}\ncat <<END\n# ${words}\nEND\n# ${words}\necho ${words} # x\n` }), ['d.sh:2', 'd.sh:6'])
	assert.deepEqual(places('columns', { 'e.mjs': `\t/** ${words.slice(0, 70)} */\n\t/** ${words.slice(0, 84)} */\n` }), ['e.mjs:2'])
})

test('format and shellcheck: the tools run, and what they say is kept', (t) => {
	const folder = mkdtempSync(join(tmpdir(), 'pocketbook-conventions.'))
	t.after(() => rmSync(folder, { recursive: true }))
	const [c, sh] = [join(folder, 'a.c'), join(folder, 'a.sh')]
	writeFileSync(c, 'int  x;\n')
	writeFileSync(sh, '#!/bin/bash\necho $x\n')
	const files = tree({ [c]: '', [sh]: '' })
	assert.match(rules.format(files).join(), /a\.c:1:\d+: /)
	assert.match(rules.shellcheck(files).join(), /a\.sh:2:\d+: /)
})

test('released: a list of its folder or above names each file', () => {
	const files = {
		'Makefile.am': 'EXTRA_DIST = dev \\\n\tt/list.sh\n',
		'a/local.mk': 'EXTRA_DIST += $(srcdir)/%D%/b.mjs %D%/whole \\\n\t%D%/rows/*.svg\nx_SOURCES = %D%/c.c %D%/c.h\nnoinst_PROGRAMS += %D%/program\n',
	}
	for (const path of ['dev', 't/list.sh', 'a/b.mjs', 'a/whole/one', 'a/rows/x.svg', 'a/c.c', 'a/c.h', 'a/program.c', '.gitignore']) files[path] = ''
	for (const path of ['late', 'a/other.mjs', 'a/rows/x.mjs', 'a/c2.c', 'b/b.mjs']) files[path] = ''
	assert.deepEqual(places('released', files), ['late:1', 'a/other.mjs:1', 'a/rows/x.mjs:1', 'a/c2.c:1', 'b/b.mjs:1'])
})
