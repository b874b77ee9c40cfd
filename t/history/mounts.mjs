// Small disks in memory, in a private mount namespace, in which the script restarts
// itself.
import { spawnSync } from 'node:child_process'

/** Call first. Returns if no such namespace is available; `mountSmall` then returns
 * false. */
export function enterOwnMounts() {
  if (process.env.OWN_MOUNTS === 'yes') return
  const own = ['--mount', ...(process.getuid() === 0 ? [] : ['--map-root-user'])]
  if (spawnSync('unshare', [...own, 'true']).status !== 0) return
  const env = { ...process.env, OWN_MOUNTS: 'yes' }
  const { status } = spawnSync('unshare', [...own, process.execPath, ...process.execArgv, ...process.argv.slice(1)], { stdio: 'inherit', env })
  process.exit(status ?? 1)
}

/** Mounts a disk of this many MiB on the folder; returns whether it succeeded. */
export function mountSmall(folder, mib) {
  return process.env.OWN_MOUNTS === 'yes' && spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${mib}m,mode=700`, 'none', folder]).status === 0
}

export function unmount(folder) {
  spawnSync('umount', ['-l', folder])
}
