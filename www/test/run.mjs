// Runs the tests of this folder whose names have one of the arguments; options go to
// node's test runner.
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const here = fileURLToPath(new URL('.', import.meta.url))
const [flags, names] = [process.argv.slice(2).filter((arg) => arg.startsWith('-')), process.argv.slice(2).filter((arg) => !arg.startsWith('-'))]
const files = readdirSync(here).filter((name) => name.endsWith('.test.mjs') && (!names.length || names.some((part) => name.includes(part))))
const { status } = spawnSync(process.execPath, ['--test', ...flags, ...files.sort().map((name) => here + name)], { stdio: 'inherit' })
process.exitCode = status ?? 1
