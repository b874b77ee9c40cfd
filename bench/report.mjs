// Writes the figures of results.json into doc/performance.md, between its marks: node
// bench/report.mjs [FILE]
//   <!-- results NAME --> ... <!-- end -->   NAME: a group of rows, `times`, `all` goals, `machine`
import { readFileSync, writeFileSync } from 'node:fs'
import { fill, section } from './lib/markdown.mjs'

const results = JSON.parse(readFileSync(new URL('results.json', import.meta.url), 'utf8'))
const file = process.argv[2] ?? new URL('../doc/performance.md', import.meta.url).pathname
writeFileSync(file, fill(readFileSync(file, 'utf8'), (name) => section(results, name)))
