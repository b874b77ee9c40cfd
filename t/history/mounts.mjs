// Small disks in memory, mounted where nobody else sees them: the script starts itself again in a mount namespace of its own.
import { spawnSync } from 'node:child_process'

/** Call first. Where there can be no such namespace it returns, and `mountSmall` will say no. */
export function enterOwnMounts() {
  if (process.env.OWN_MOUNTS === 'yes') return
  const own = ['--mount', ...(process.getuid() === 0 ? [] : ['--map-root-user'])]
  if (spawnSync('unshare', [...own, 'true']).status !== 0) return
  const env = { ...process.env, OWN_MOUNTS: 'yes' }
  const { status } = spawnSync('unshare', [...own, process.execPath, ...process.execArgv, ...process.argv.slice(1)], { stdio: 'inherit', env })
  process.exit(status ?? 1)
}

/** Is there a disk of so many MiB on that folder now? */
export function mountSmall(folder, mib) {
  return process.env.OWN_MOUNTS === 'yes' && spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${mib}m,mode=700`, 'none', folder]).status === 0
}

export function unmount(folder) {
  spawnSync('umount', ['-l', folder])
}
