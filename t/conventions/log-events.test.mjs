// doc/log-events.md lists each event of the log, with its levels and fields, and no
// other.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { differences, eventsOf, page, rowsOf, written } from './log-events.mjs'
import { thisTree } from './rules.mjs'

const tree = thisTree()

const source = `static void one(void)
{
	log_warn("odd", LOG_TEXT("reason", f("a)b")), LOG_NUMBER("errno", errno));
}

static void other(enum log_level level)
{
	const struct log_field fields[] = { LOG_TEXT("child", name) };

	log_write(quiet ? LOG_DEBUG : LOG_INFO, "even", fields, 1);
	log_error("odd");
}
`
const small = { paths: ['a/b.c', 't/unit/c.c'], read: (path) => (path === 'a/b.c' ? source : 'log_info("test")') }
const head = '| event | level | fields | meaning |\n|---|---|---|---|\n'

test('events are found with their levels and fields', () => {
	const events = eventsOf(small)
	assert.deepEqual(Object.keys(events), ['odd', 'even'])
	assert.deepEqual([...events.odd.levels], ['warn', 'error'])
	assert.deepEqual([...events.odd.fields], ['reason', 'errno'])
	assert.deepEqual([...events.even.levels], ['debug', 'info'])
	assert.deepEqual([...events.even.fields], ['child'])
})

test('what differs is reported', () => {
	const events = eventsOf(small)
	assert.equal(differences(events, rowsOf(head)).length, 2)
	const text = written(`# Page\n\n${head}| \`gone\` | info | | old |\n\nEnd.\n`, events)
	assert.match(text, /^\| `odd` \| error, warn \| `reason` `errno` \|  \|$/m)
	assert.match(text, /\n\nEnd\.\n$/)
	assert.deepEqual(differences(events, rowsOf(text)), ['odd: has no meaning', 'even: has no meaning'])
	const whole = text.replaceAll(' |  |', ' | Meaning. |')
	assert.deepEqual(differences(events, rowsOf(whole)), [])
	assert.deepEqual(differences(events, rowsOf(whole.replace('`child`', '`childs`'))).length, 1)
	assert.deepEqual(differences(events, rowsOf(whole.replace('error, warn', 'warn'))).length, 1)
	assert.deepEqual(differences({}, rowsOf(whole)).length, 2)
	assert.equal(written(whole, events), whole)
})

test(`${page} lists the events of the log`, { skip: !tree.paths.length && 'not a git work tree' }, () => {
	assert.deepEqual(differences(eventsOf(tree), rowsOf(tree.read(page))), [], `bring it up to date with: node t/conventions/log-events.mjs --write`)
})
