// Writes the bill of materials of a release, in CycloneDX: node sbom.mjs OUT
//
// The npm packages come from package-lock.json: those that the page and the client
// library contain, and those that are used to build and test them; and from the one of
// the documentation's site, which the program contains too. The versions of the
// program and of C libraries are placeholders, VERSION-OF-name, in whose place make
// puts what configure has found. The result depends on nothing else, so it has neither
// a time nor a serial number.
import { Enums, Models, Serialize, Spec } from '@cyclonedx/cyclonedx-library'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as esbuild from 'esbuild'

const here = fileURLToPath(new URL('.', import.meta.url))

/** The libraries of configure.ac that the program is linked with, and cjose and libpq,
 * which it loads: the name for pkg-config, license, and vendor and product in CPE. */
const LIBRARIES = [
	['cjose', 'MIT', 'cisco:cjose'],
	['inih', 'BSD-3-Clause'],
	['libcap-ng', 'LGPL-2.1-or-later'],
	['libevent', 'BSD-3-Clause', 'libevent_project:libevent'],
	['libseccomp', 'LGPL-2.1-only', 'libseccomp_project:libseccomp'],
	['libsodium', 'ISC', 'libsodium:libsodium'],
	['libsystemd', 'LGPL-2.1-or-later', 'systemd_project:systemd'],
	['libpq', 'PostgreSQL', 'postgresql:postgresql'],
	['libxxhash', 'BSD-2-Clause'],
	['sqlite3', 'blessing', 'sqlite:sqlite'],
	['zlib', 'Zlib', 'zlib:zlib'],
]

const OWN = 'pocketbook'
/** A build need not have these: their version is `none` then. */
const OPTIONAL = ['cjose', 'libpq']
const versionOf = (name) => `VERSION-OF-${name}`

/** The names of the packages with files in the bundles. */
async function findBundled() {
	const { metafile } = await esbuild.build({
		absWorkingDir: here, entryPoints: ['page/app.ts', 'page/app.css', 'client/index.ts', 'admin/main.tsx', 'admin/admin.css'], outdir: 'dist', bundle: true, format: 'esm', jsx: 'automatic', jsxImportSource: 'preact',
		loader: { '.png': 'file', '.svg': 'file', '.woff2': 'file' }, write: false, metafile: true, logLevel: 'error',
	})
	return new Set(Object.keys(metafile.inputs).map((path) => /^node_modules\/((@[^/]+\/)?[^/]+)/.exec(path)?.[1]).filter(Boolean))
}

/** The names of the packages that the site's script imports. Its packages may not be
 * installed here. */
function findInSite() {
	const text = ['site.js', 'search.mjs'].map((name) => readFileSync(join(here, '../site', name), 'utf8')).join('\n')
	return new Set([...text.matchAll(/^import .* from '([^./][^']*)'$/gm)].map(([, name]) => name).filter((name) => !name.startsWith('node:')))
}

const licensed = (text) => (/ /.test(text) ? new Models.LicenseExpression(text) : new Models.SpdxLicense(text))

/** A component for an entry of a lock file, such as node_modules/NAME. */
function packageOf(path, { version, license, integrity }, bundled, prefix) {
	const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)
	const isBundled = bundled.has(name)
	const component = new Models.Component(Enums.ComponentType.Library, name, {
		bomRef: prefix + path.replaceAll('node_modules/', '') + '@' + version,
		version,
		purl: `pkg:npm/${name.replace('@', '%40')}@${version}`,
		scope: isBundled ? Enums.ComponentScope.Required : Enums.ComponentScope.Excluded,
	})
	if (license) component.licenses.add(licensed(license))
	const [, digest] = /^sha512-(.*)$/.exec(integrity ?? '') ?? []
	if (digest) component.hashes.set(Enums.HashAlgorithm['SHA-512'], Buffer.from(digest, 'base64').toString('hex'))
	component.properties.add(new Models.Property(isBundled ? 'cdx:npm:package:bundled' : 'cdx:npm:package:development', 'true'))
	return component
}

function libraryOf([name, license, cpe]) {
	const version = versionOf(name)
	const component = new Models.Component(Enums.ComponentType.Library, name, {
		bomRef: name, version, purl: `pkg:generic/${name}@${version}`, scope: OPTIONAL.includes(name) ? Enums.ComponentScope.Optional : Enums.ComponentScope.Required,
		cpe: cpe && `cpe:2.3:a:${cpe}:${version}:*:*:*:*:*:*:*`,
	})
	component.licenses.add(new Models.SpdxLicense(license))
	return component
}

const own = new Models.Component(Enums.ComponentType.Application, OWN, {
	bomRef: OWN, version: versionOf(OWN), purl: `pkg:generic/${OWN}@${versionOf(OWN)}`, licenses: new Models.LicenseRepository([new Models.SpdxLicense('MIT')]),
})
const bom = new Models.Bom({ metadata: new Models.Metadata({ component: own }) })
for (const library of LIBRARIES) bom.components.add(libraryOf(library))
for (const [folder, prefix, bundled] of [['.', '', await findBundled()], ['../site', 'site/', findInSite()]]) {
	const { packages } = JSON.parse(readFileSync(join(here, folder, 'package-lock.json'), 'utf8'))
	for (const [path, entry] of Object.entries(packages)) if (path) bom.components.add(packageOf(path, entry, bundled, prefix))
}
for (const component of bom.components) own.dependencies.add(component.bomRef)
const serializer = new Serialize.JsonSerializer(new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6))
writeFileSync(process.argv[2], serializer.serialize(bom, { sortLists: true, space: 1 }) + '\n')
