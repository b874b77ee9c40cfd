// What both provers share: cases, variables, comparison, the schema.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const require = createRequire(new URL('../../www/', import.meta.url))
const Ajv = require('ajv/dist/2020').default
const schema = JSON.parse(readFileSync(new URL('../../doc/protocol.schema.json', import.meta.url), 'utf8'))
const ajv = new Ajv({ allErrors: true, strict: true, strictRequired: false, strictTypes: false })
ajv.addSchema(schema)

/** The cases of a file of NDJSON, each with its line. */
export function cases(file) {
	const lines = readFileSync(new URL(file, import.meta.url), 'utf8').split('\n')
	return lines.flatMap((text, i) => (text ? [{ line: i + 1, ...JSON.parse(text) }] : []))
}

/** What is wrong with a value as one of the definitions of the schema; '' if
 * nothing. */
export function invalid(name, value) {
	const validate = ajv.getSchema(`${schema.$id}#/$defs/${name}`)
	return validate(value) ? '' : ajv.errorsText(validate.errors, { dataVar: name })
}

/** Puts the values of variables in place of `$NAME` in all texts. */
export function filled(value, variables) {
	if (typeof value === 'string') return value.replace(/\$([A-Z])/g, (text, name) => variables[name] ?? text)
	if (Array.isArray(value)) return value.map((one) => filled(one, variables))
	if (value === null || typeof value !== 'object') return value
	if ('$any' in value || '$absent' in value) return value
	return Object.fromEntries(Object.entries(value).map(([name, one]) => [filled(name, variables), filled(one, variables)]))
}

/**
 * The differences, as texts. Of an expected object each member must be there, of an
 * array each element, and no more. `{"$any": true}` is anything that is there,
 * `{"$absent": true}` nothing.
 */
export function differences(actual, expected, path = 'it') {
	if (expected?.$any) return actual === undefined ? [`${path} is missing`] : []
	if (expected?.$absent) return actual === undefined ? [] : [`${path} should not be there`]
	if (Array.isArray(expected)) {
		if (!Array.isArray(actual) || actual.length !== expected.length)
			return [`${path} should have ${expected.length} elements, but is ${JSON.stringify(actual)}`]
		return expected.flatMap((one, i) => differences(actual[i], one, `${path}[${i}]`))
	}
	if (expected !== null && typeof expected === 'object') {
		if (actual === null || typeof actual !== 'object') return [`${path} should be an object, but is ${JSON.stringify(actual)}`]
		return Object.entries(expected).flatMap(([name, one]) => differences(actual[name], one, `${path}.${name}`))
	}
	return Object.is(actual, expected) ? [] : [`${path} should be ${JSON.stringify(expected)}, but is ${JSON.stringify(actual)}`]
}

export class Failed extends Error {}

export function check(list) {
	if (list.length) throw new Failed(list.join('; '))
}

/**
 * Runs the cases and writes a line for each (TAP); returns the number that failed.
 * `run` throws Failed, or returns a reason why the case was skipped. `stop`: at the
 * first that fails.
 */
export async function prove(all, run, { write = console.log, stop = false } = {}) {
	let failed = 0
	for (const [i, one] of all.entries()) {
		let line = `ok ${i + 1} - ${one.name}`
		try {
			const skipped = await run(one)
			if (skipped) line += ` # SKIP ${skipped}`
		} catch (error) {
			failed++
			line = `not ${line}\n# line ${one.line}, step ${error.step ?? '?'}: ${error instanceof Failed ? error.message : (error.stack ?? error)}`
		}
		write(line)
		if (failed && stop) return failed
	}
	write(`1..${all.length}`)
	return failed
}
