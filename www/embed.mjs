// Writes the files of a folder as C source for worker/static_embed.h: node embed.mjs
// DIR OUT.c [TABLE PREFIX], with the names of the table and of the folder in URLs.
import { createHash } from 'node:crypto'
import { readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import { gzipSync } from 'node:zlib'

const types = {
	'.html': 'text/html; charset=utf-8',
	'.js': 'text/javascript; charset=utf-8',
	'.css': 'text/css; charset=utf-8',
	'.svg': 'image/svg+xml',
	'.png': 'image/png',
	'.woff2': 'font/woff2',
	'.webmanifest': 'application/manifest+json',
	'.tgz': 'application/gzip',
	'.txt': 'text/plain; charset=utf-8',
	'.md': 'text/plain; charset=utf-8',
}

if (process.argv.length !== 4 && process.argv.length !== 6) {
	console.error('usage: node embed.mjs DIR OUT.c [TABLE PREFIX]')
	process.exit(2)
}
const [dir, out, table = 'static_embedded', prefix = ''] = process.argv.slice(2)

function* walk(folder, path = '') {
	for (const name of readdirSync(folder)) {
		const inner = join(folder, name)
		if (statSync(inner).isDirectory()) yield* walk(inner, `${path}/${name}`)
		else yield `${path}/${name}`
	}
}

function bytes(name, content) {
	const lines = []
	for (let at = 0; at < content.length; at += 32) lines.push('\t' + content.subarray(at, at + 32).join(','))
	return `static const unsigned char ${name}[] = {\n${lines.join(',\n')}\n};\n`
}

/** The arrays of a file, and its row of the table. */
function embed(path, i) {
	const type = types[extname(path)]
	if (!type) throw new Error(`${path}: no media type is known for ${extname(path) || 'a name without extension'}`)
	if (!/^[\w./-]+$/.test(path)) throw new Error(`${path}: a name with characters that C or a URL would need to escape`)
	const content = readFileSync(join(dir, path))
	if (!content.length) throw new Error(`${path}: is empty`)
	const zipped = gzipSync(content, { level: 9 })
	// With less gain (fonts, pictures), decompression is not worth the time.
	const gain = zipped.length < content.length * 0.9
	const hash = createHash('sha256').update(content).digest()
	const etag = hash.toString('hex').slice(0, 16)
	return {
		arrays: bytes(`f${i}`, content) + (gain ? bytes(`z${i}`, zipped) : ''),
		row: `\t{ "${prefix}${path}", "${type}", "\\"${etag}\\"", "${hash.toString('base64')}", f${i}, sizeof(f${i}), ${gain ? `z${i}, sizeof(z${i})` : 'NULL, 0'} },`,
	}
}

const paths = [...walk(dir)].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
if (!paths.length) throw new Error(`${dir}: there are no files`)
const files = paths.map(embed)

writeFileSync(
	out,
	`/* Made by www/embed.mjs. */
#include "worker/static_embed.h"

${files.map((file) => file.arrays).join('\n')}
const struct static_file ${table}[] = {
${files.map((file) => file.row).join('\n')}
};

const size_t ${table}_count = sizeof(${table}) / sizeof(${table}[0]);
`,
)
