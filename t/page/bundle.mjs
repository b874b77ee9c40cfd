// The page as it is in the source, for servers that have none built in.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

let folder

export function bundleOnce() {
	if (folder) return folder
	folder = mkdtempSync(join(tmpdir(), 'pocketbook-bundle-'))
	process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
	const build = fileURLToPath(new URL('../../www/build.mjs', import.meta.url))
	const { status, stderr } = spawnSync(process.execPath, [build, folder])
	if (status !== 0) throw new Error(`build.mjs: ${stderr}`)
	return folder
}
