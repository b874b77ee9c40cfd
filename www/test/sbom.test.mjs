// The bill of materials: valid, complete, and the same at any time.
import { Validation } from '@cyclonedx/cyclonedx-library'
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'

const www = fileURLToPath(new URL('..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'pocketbook-sbom-'))
after(() => rmSync(folder, { recursive: true }))

function make(name) {
	execFileSync(process.execPath, [join(www, 'sbom.mjs'), join(folder, name)])
	return readFileSync(join(folder, name), 'utf8')
}

const text = make('first')
const bom = JSON.parse(text)
const components = new Map(bom.components.map((component) => [component.name, component]))
const scopes = (scope) => bom.components.filter((component) => component.scope === scope && component.purl.startsWith('pkg:npm/')).map(({ name }) => name)

test('it is valid CycloneDX', async () => {
	assert.equal(await new Validation.JsonStrictValidator(bom.specVersion).validate(text), null)
	const wrong = text.replace('"type": "library"', '"type": "book"')
	assert.notEqual(await new Validation.JsonStrictValidator(bom.specVersion).validate(wrong), null)
})

test('it is the same each time', () => {
	assert.equal(make('second'), text)
	assert.deepEqual([bom.serialNumber, bom.metadata.timestamp], [undefined, undefined])
})

test('it has each package of both lock files with its digest', () => {
	const names = new Set(bom.components.map((component) => component['bom-ref']))
	for (const [folder, prefix] of [['.', ''], ['../site', 'site/']]) {
		const { packages } = JSON.parse(readFileSync(join(www, folder, 'package-lock.json'), 'utf8'))
		for (const path of Object.keys(packages).filter(Boolean)) assert.ok(names.has(`${prefix}${path.replaceAll('node_modules/', '')}@${packages[path].version}`), path)
	}
	assert.ok(bom.components.filter(({ purl }) => purl.startsWith('pkg:npm/')).every(({ hashes }) => hashes.length === 1))
})

test('what users get is marked apart from what builds it', () => {
	assert.deepEqual(scopes('required').sort(), ['@fontsource/dm-mono', '@fontsource/instrument-serif', '@fontsource/newsreader', 'eventsource-parser', 'minisearch', 'preact', 'uplot', 'uqr'])
	for (const name of ['esbuild', 'markdown-it']) assert.ok(scopes('excluded').includes(name))
})

test('it has each library that the program is linked with', () => {
	const configure = readFileSync(join(www, '../configure.ac'), 'utf8')
	const needed = [...configure.matchAll(/^PKG_CHECK_MODULES\(\[\w+\], \[([\w-]+).*missing=/gm)].map(([, name]) => name)
	const [, edited] = /^for library in (.*); do$/m.exec(configure)
	for (const name of needed.filter((name) => name !== 'cmocka')) {
		assert.equal(components.get(name)?.version, `VERSION-OF-${name}`)
		assert.ok(edited.split(' ').includes(name), name)
	}
	assert.ok(needed.length > 7)
	assert.deepEqual([components.get('libpq').version, components.get('libpq').scope], ['VERSION-OF-libpq', 'optional'])
	assert.ok(edited.split(' ').includes('libpq'))
	assert.equal(components.has('cmocka'), false)
})
