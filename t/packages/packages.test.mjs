// The comparison finds a missing package, so that it means something when it finds
// none.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { headers, lacking, nodeCommands, shellCommands } from './packages.mjs'

const noDebian = spawnSync('dpkg-query', ['--version']).error ? 'not Debian' : false
const names = (script) => shellCommands(script, 'a.sh').commands.map(({ name }) => name)

test('commands of a shell script, within others and behind runners', () => {
	assert.deepEqual(names('f() { a | b; }\nx=$(c "$(d)")\nif ! e; then exec env -i A=b g h; fi\n"$i" j\nwait_for "a name" k l\ncommand -v m\n').sort(), 'a b c command d e env exec g k wait_for'.split(' '))
	assert.deepEqual(names("cat <<END\nnot this\n$(but this)\nEND\necho 'nor this'\n").sort(), ['but', 'cat', 'echo'])
	assert.deepEqual(shellCommands('f() { a; }\n', 'a.sh').functions, ['f'])
	assert.throws(() => shellCommands('if then', 'a.sh'), /a\.sh/)
})

test('commands of a node script', () => {
	assert.deepEqual(nodeCommands("spawn('sed', [])\nspawn(program)\nexecFileSync('sh', ['-c'])\n"), [{ name: 'sed', line: 1 }, { name: 'sh', line: 3 }])
	for (const folder of ['bin', 'sbin'])
		assert.deepEqual(nodeCommands(`launch({ path: CHROMIUM ?? '/usr/${folder}/chromium' })\n`), [{ name: 'chromium', line: 1 }])
})

test('headers', () => {
	assert.deepEqual(headers('#include <jansson.h>\n#include "a.h"\n# include <sys/queue.h>\n'), [{ name: 'jansson.h', line: 1 }, { name: 'sys/queue.h', line: 3 }])
})

test('what a list lacks', { skip: noDebian }, () => {
	const files = { 'a.c': '#include <event2/event.h>\n#include <stdio.h>\n#include <no/such.h>\n', 'b.sh': 'sed x\nnode y\nmine\nno-such-command\n', 'c.mjs': "spawn('git')\n" }
	const places = (list) => lacking(files, new Set(['mine']), list).bad.map((line) => line.split(': ')[0])
	assert.deepEqual(places(['libc6-dev', 'libevent-dev', 'nodejs', 'git']), ['a.c:3', 'b.sh:4'])
	assert.deepEqual(places(['libc6-dev', 'git']), ['a.c:1', 'a.c:3', 'b.sh:2', 'b.sh:4'])
	const { bad, unsure } = lacking({ 'b.sh': 'no-such-command\n' }, new Set(), ['no-such-package'])
	assert.deepEqual([bad, unsure.length], [[], 1])
})
