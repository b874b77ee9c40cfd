// The file of struct fault_levers (base/fault.h), which the server maps: writes take
// effect at once.
import { closeSync, openSync, readSync, writeSync } from 'node:fs'

const SIZE = 96
const at = { pid: 0, allocations: 8, wall: 16, visits: 24, point: 32 }

export class Levers {
  #fd

  constructor(path) {
    this.path = path
    this.#fd = openSync(path, 'w+', 0o600)
    writeSync(this.#fd, Buffer.alloc(SIZE), 0, SIZE, 0)
  }

  #set(field, number) {
    const bytes = Buffer.alloc(8)
    bytes.writeBigInt64LE(BigInt(number))
    writeSync(this.#fd, bytes, 0, 8, at[field])
  }

  #get(field) {
    const bytes = Buffer.alloc(8)
    readSync(this.#fd, bytes, 0, 8, at[field])
    return Number(bytes.readBigInt64LE())
  }

  /** Makes the nth allocation from now fail, of this process (0: of all processes
   * together). */
  failAllocation(pid, nth) {
    this.#set('allocations', 0)
    this.#set('pid', pid)
    this.#set('allocations', nth)
  }

  /** Kills the process that makes the nth visit of the point from now. */
  killAt(point, nth) {
    this.#set('visits', 0)
    writeSync(this.#fd, Buffer.concat([Buffer.from(point), Buffer.alloc(64 - point.length)]), 0, 64, at.point)
    this.#set('visits', nth)
  }

  setWall(seconds) {
    this.#set('wall', seconds)
  }

  /** The number of allocations until the one that fails. */
  get allocations() {
    return this.#get('allocations')
  }

  get allocationFailed() {
    return this.#get('allocations') <= 0
  }

  get killed() {
    return this.#get('visits') <= 0
  }

  close() {
    closeSync(this.#fd)
  }
}
