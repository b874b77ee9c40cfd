#!/usr/bin/env node
// The long form of the tests that draw by chance, for so many minutes: the fuzzers on
// one side; on the other histories, failing allocations, losses of power and the
// transcoder beside transit-js, and then, once, many hostile clients. Prints what was
// done and found, and the command that shows each finding again; writes
// build/soak.json; exit status 1 where something was found.
//
//   node t/soak.mjs [MINUTES] [SEED]     wants build/check and clang: ./dev soak makes them
//   node t/soak.mjs --show               the table of the last one again
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { findPrograms } from './history/cluster.mjs'
import { acts } from './history/nemesis.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const program = `${root}build/check/pocketbook`
const LEAST = 4, USUAL = 80 // minutes
const SHARES = { histories: 0.35, hosts: 0.15, damage: 0.05, memory: 0.2, power: 0.2, transit: 0.05 }
const CAMPAIGN = 30 // seconds
const POWER_ROUNDS = 24 // of one run of t/unit/test_store_power
const CASES = 50_000 // of each of the tests of t/transit/differential.test.mjs
const targets = ['config', 'control', 'fields', 'jwt', 'push', 'query', 'request', 'ring', 'transit']

/** {status, out} of a command in the root folder; what it says on both channels is
 * `out`. */
async function run(words, env = {}) {
  const child = spawn(words[0], words.slice(1), { cwd: root, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
  let out = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (piece) => (out += piece))
  const [code, signal] = await once(child, 'close')
  return { status: code ?? signal, out }
}

const lastJson = (out) => JSON.parse(out.trimEnd().split('\n').at(-1))
const add = (sums, counts) => Object.entries(counts).forEach(([name, count]) => (sums[name] = (sums[name] ?? 0) + count))

class Soak {
  rows = {}
  findings = []

  row(name, counts) {
    add((this.rows[name] ??= {}), counts)
  }

  find(what, again) {
    this.findings.push({ what, again })
    console.log(`found: ${what}\n  again: ${again}`)
  }
}

/** A campaign with these arguments, counted in rows of these names. */
async function history(soak, seed, more, [row, actsRow]) {
  const words = ['node', 't/history/campaign.mjs', '--seconds', String(CAMPAIGN), '--seed', String(seed), ...more]
  const { status, out } = await run([...words, '--json'], { FAULTS: 'yes', POCKETBOOK: program })
  const again = `FAULTS=yes POCKETBOOK=build/check/pocketbook ${words.join(' ')}`
  soak.row(row, { campaigns: 1 })
  if (status !== 0 && !out.includes('"violations"')) return soak.find(`the campaign ended with ${status}: ${out.slice(-2000)}`, again)
  const { counts, acts: done, violations } = lastJson(out)
  soak.row(row, counts)
  soak.row(actsRow, done)
  for (const violation of violations) soak.find(violation, again)
}

/** One with everything, one without purges and on a disk, and so on. */
async function histories(soak, seconds, seed) {
  const names = Object.keys(acts)
  for (const end = Date.now() + seconds * 1000; Date.now() < end; seed++) {
    const chosen = seed % 2 ? names : names.filter((name) => name !== 'purge' && name !== 'fillDisk')
    await history(soak, seed, ['--acts', chosen.join(',')], ['histories', 'acts'])
  }
}

/** Two hosts on PostgreSQL. */
async function hosts(soak, seconds, seed) {
  if (!findPrograms()) return console.log('PostgreSQL is not installed: no histories of several hosts')
  for (const end = Date.now() + seconds * 1000; Date.now() < end; seed++) await history(soak, seed, ['--hosts'], ['histories of hosts', 'acts on hosts'])
}

async function damage(soak, seconds, seed) {
  const env = { POCKETBOOK: program }
  const { status, out } = await run(['node', 't/history/bit-rot.mjs', '--seconds', String(seconds), '--seed', String(seed), '--json'], env)
  if (!out.includes('"violations"')) return soak.find(`the trials ended with ${status}: ${out.slice(-2000)}`, `POCKETBOOK=build/check/pocketbook node t/history/bit-rot.mjs --seconds ${seconds} --seed ${seed}`)
  const { outcomes, violations } = lastJson(out)
  for (const of of Object.values(outcomes)) soak.row('damaged files', of)
  for (const violation of violations) soak.find(violation, `POCKETBOOK=build/check/pocketbook node t/history/bit-rot.mjs --seed and --seconds as above`)
}

async function memory(soak, seconds, seed) {
  const env = { POCKETBOOK: program }
  const { status, out } = await run(['node', 't/history/memory.mjs', '--seconds', String(seconds), '--seed', String(seed), '--json'], env)
  if (!out.includes('"violations"')) return soak.find(`the loop ended with ${status}: ${out.slice(-2000)}`, `POCKETBOOK=build/check/pocketbook node t/history/memory.mjs --seed ${seed}`)
  const { counts, violations } = lastJson(out)
  for (const [kind, { tried, of }] of Object.entries(counts)) {
    const name = ['writer', 'worker', 'start', 'stop'].includes(kind) ? kind : 'commands'
    soak.row('failing allocations', { [`${name}, tried`]: tried, [`${name}, of`]: of })
  }
  for (const violation of violations) soak.find(violation, `POCKETBOOK=build/check/pocketbook node t/history/memory.mjs --only '${violation.split(':', 2).join(':')}'`)
}

async function power(soak, seconds, seed) {
  for (const end = Date.now() + seconds * 1000; Date.now() < end; seed++) {
    const { status, out } = await run(['build/check/t/unit/test_store_power'], { SEED: String(seed) })
    soak.row('losses of power', { runs: 1, losses: POWER_ROUNDS })
    if (status !== 0) soak.find(out.slice(-2000), `SEED=${seed} build/check/t/unit/test_store_power`)
  }
}

async function transit(soak, seconds, seed) {
  for (const end = Date.now() + seconds * 1000; Date.now() < end; seed++) {
    const words = ['node', '--test', '--test-reporter=tap', 't/transit/differential.test.mjs']
    const { status, out } = await run(words, { TRANSCODE: `${root}build/check/t/transit/transcode`, CASES: String(CASES), SEED: String(seed) })
    soak.row('transit-js beside', { runs: 1, messages: CASES * Number(/^# tests (\d+)$/m.exec(out)?.[1] ?? 0) })
    if (status !== 0) soak.find(out.slice(-2000), `TRANSCODE=build/check/t/transit/transcode CASES=${CASES} SEED=${seed} node --test t/transit/differential.test.mjs`)
  }
}

/** The scripts of hostile clients, with the program that is shipped, as what it takes
 * of memory is measured. */
async function hostile(soak, minutes) {
  const env = { HOSTILE_MANY: String(Math.min(2000, minutes * 50)), HOSTILE_CHANGES: String(Math.min(5000, minutes * 100)) }
  for (const script of ['t/0830-slow-clients.sh', 't/0840-floods.sh', 't/0860-bodies.sh']) {
    const { status, out } = await run(['bash', script], { ...env, POCKETBOOK: `${root}pocketbook`, HOSTILE: `${root}build/check/t/hostile` })
    soak.row('hostile clients', { checks: out.match(/^ok /gm)?.length ?? 0 })
    if (status !== 0) soak.find(out.slice(-2000), `HOSTILE_MANY=${env.HOSTILE_MANY} HOSTILE_CHANGES=${env.HOSTILE_CHANGES} bash ${script}`)
  }
}

/** deploy/patroni as it is, in namespaces. */
async function cluster(soak) {
  const { status, out } = await run(['bash', 't/patroni.sh'], { POCKETBOOK: `${root}pocketbook` })
  soak.row('deploy/patroni', { checks: out.match(/^ok /gm)?.length ?? 0 })
  if (status !== 0) soak.find(out.slice(-2000), 'POCKETBOOK=./pocketbook bash t/patroni.sh')
}

async function fuzz(soak, seconds) {
  for (const target of targets) {
    const { status, out } = await run(['bash', 't/fuzz/run.sh', String(seconds), target])
    const tried = new RegExp(`^${target} +(\\d+) inputs`, 'm').exec(out)?.[1]
    soak.row('fuzzers', { [`${target}, inputs`]: Number(tried ?? 0), 'seconds each': target === targets[0] ? seconds : 0 })
    if (status !== 0) soak.find(`fuzz_${target}: ${out.slice(-2000)}`, `build/fuzz/t/fuzz/fuzz_${target} build/fuzz/found/${target}-*`)
  }
}

function table({ rows, findings }) {
  const lines = Object.entries(rows).flatMap(([name, counts]) =>
    Object.entries(counts).map(([what, count]) => `${name.padEnd(20)} ${what.padEnd(34)} ${count.toLocaleString('en').padStart(14)}`))
  return [...lines, `${'findings'.padEnd(55)} ${String(findings.length).padStart(14)}`].join('\n')
}

function readMinutes(word) {
  const minutes = Number(word ?? USUAL)
  if (!Number.isFinite(minutes) || minutes < LEAST) {
    console.error(`soak: ${word}: write a number of minutes, ${LEAST} or more`)
    process.exit(2)
  }
  return minutes
}

const results = `${root}build/soak.json`
if (process.argv[2] === '--show') {
  console.log(table(JSON.parse(readFileSync(results, 'utf8'))))
  process.exit(0)
}
const minutes = readMinutes(process.argv[2])
const seed = Number(process.argv[3] ?? Date.now() % 1_000_000)
const seconds = minutes * 60
const soak = new Soak()
console.log(`soaking for ${minutes} minutes; seed ${seed}`)
const one = async () => {
  await histories(soak, seconds * SHARES.histories, seed)
  await hosts(soak, seconds * SHARES.hosts, seed)
  await damage(soak, Math.floor(seconds * SHARES.damage), seed)
  await memory(soak, Math.floor(seconds * SHARES.memory), seed)
  await power(soak, seconds * SHARES.power, seed)
  await transit(soak, seconds * SHARES.transit, seed)
  await hostile(soak, minutes)
  await cluster(soak)
}
await Promise.all([one(), fuzz(soak, Math.floor(seconds / targets.length))])
console.log(table(soak))
writeFileSync(results, JSON.stringify({ minutes, seed, rows: soak.rows, findings: soak.findings }, null, 2) + '\n')
process.exit(soak.findings.length ? 1 : 0)
