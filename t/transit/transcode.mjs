// The transcoder as a function; TRANSCODE names the program (default
// ./t/transit/transcode).
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'

const program = process.env.TRANSCODE ?? './t/transit/transcode'

// Lines [mode, message] in; [status, canonical or reason, projection] out.
export function transcode(lines) {
  const input = lines.map(([mode, message]) => `${mode} ${message}\n`).join('')
  const run = spawnSync(program, { input, encoding: 'utf8', maxBuffer: 1 << 30 })
  assert.equal(run.error, undefined)
  assert.equal(run.status, 0, run.stderr)
  const answers = run.stdout.split('\n').slice(0, -1).map((line) => line.split('\t'))
  assert.equal(answers.length, lines.length)
  return answers
}
