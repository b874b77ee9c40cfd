// This tree keeps the rules that are enforced.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { enforced, rules, thisTree } from './rules.mjs'

const tree = thisTree()

for (const [name, rule] of Object.entries(rules)) {
	const skip = !tree.paths.length ? 'not a git work tree' : !enforced[name] ? 'not enforced yet' : false
	test(name, { skip }, () => {
		const bad = rule(tree)
		assert.ok(bad.length === 0, `${bad.length} violations:\n${bad.join('\n')}`)
	})
}
