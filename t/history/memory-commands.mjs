// Makes the nth allocation of a command fail. The command may report an error; then its
// database or output file must be unchanged or complete, and the same command must
// succeed when there is memory again. Called by memory.mjs.
import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Levers } from './levers.mjs'
import { Server } from './server.mjs'

const lines = (ids) => ids.map((id, i) => JSON.stringify({ id, value: { n: i, text: 'x'.repeat(i % 7 ? 10 : 3000) } }) + '\n').join('')
const many = (group) => Array.from({ length: 12 }, (_, i) => `${group}:${i % 3 ? '' : 'nested:'}${i}`)
const users = (list) => [...list.matchAll(/^[0-9a-f]{16}  (\w+)/gm)].map(([, user]) => user).sort().join(' ')

/** The database of a running server. */
const SERVED = 'served'

/** A folder with the input of the commands, created once, and the commands. */
class Workshop {
  #levers
  violations = []

  constructor(program) {
    this.program = program
    this.folder = mkdtempSync(join(tmpdir(), 'pocketbook-memory-'))
    this.#levers = new Levers(this.path('levers'))
    writeFileSync(this.path('lines'), lines(many('m')))
    this.must(['import', this.path('lines')], 'start.db')
    this.must(['doc', 'rm', 'm:1'], 'start.db')
    this.must(['token', 'add', '--user', 'ann', '--group', 'm'], 'start.db')
    this.id = this.must(['token', 'list'], 'start.db').match(/^[0-9a-f]{16}/m)[0]
    this.must(['backup', this.path('start.bak')], 'start.db')
    this.#makeOld()
  }

  /** A database whose last write is only in its WAL: its command was killed before the
   * checkpoint. */
  #makeOld() {
    writeFileSync(this.path('old.lines'), lines(['m:old']))
    this.must(['import', this.path('old.lines')], 'old.db')
    const { status } = this.run(['doc', 'put', 'm:logged', '2'], 'old.db', { faults: 'checkpoint_write=kill' })
    if (status !== 'SIGKILL' || !existsSync(this.path('old.db-wal'))) throw new Error('there is no log of an old database')
  }

  path(name) {
    return name === SERVED ? this.server.db : join(this.folder, name)
  }

  /** A server without failing allocations, for the commands that need one. */
  async serve() {
    if (this.server) return
    this.server = new Server(this.program, { workers: 1 })
    await this.server.start()
  }

  /** {status, out, err, used: allocations} */
  run(words, db, { nth, faults = '' } = {}) {
    // The points in a checkpoint belong to the failing disk.
    const env = { ...process.env, POCKETBOOK_FAULTS: faults, ...(faults && { POCKETBOOK_DISK: this.path('disk') }), ...(nth && { POCKETBOOK_LEVERS: this.#levers.path }) }
    if (nth) this.#levers.failAllocation(0, nth)
    const { status, signal, stdout, stderr } = spawnSync(this.program, [...words, '--db', this.path(db)], { encoding: 'utf8', env, timeout: 60_000 })
    return { status: status ?? signal, out: stdout, err: stderr, used: nth ? nth - this.#levers.allocations : 0 }
  }

  must(words, db) {
    const { status, out, err } = this.run(words, db)
    if (status !== 0) this.violations.push(`${words.slice(0, 2).join(' ')}, with memory, ended with ${status}: ${err}`)
    return out
  }

  lines(db, ...more) {
    return this.must(['export', '--encoding', 'transit', ...more], db)
  }

  /** Without who wrote a document when: that differs each time. */
  exported(db, ...more) {
    return this.lines(db, ...more).replace(/,"~:by":(null|"[^"]*"),"~:at":"[^"]*"/g, '')
  }

  /** Creates the database of the next command from one of those above, with its WAL;
   * none if `from` is empty. */
  begin(from) {
    for (const name of readdirSync(this.folder)) if (name.startsWith('work')) rmSync(this.path(name))
    if (from) for (const end of ['', '-wal']) if (existsSync(this.path(from + end))) copyFileSync(this.path(from + end), this.path('work.db' + end))
  }

  made(name) {
    return existsSync(this.path(name))
  }

  left() {
    return readdirSync(this.folder).filter((name) => name.includes('unfinished'))
  }

  /** Returns the violations that the server shows at its end. */
  async close() {
    this.#levers.close()
    rmSync(this.folder, { recursive: true })
    if (!this.server) return []
    const status = await this.server.stop()
    const said = this.server.told()
    this.server.remove()
    return status !== 0 || /child_exit.*status=[^0]|Sanitizer|runtime error:/.test(said) ? [`the server, which ended with ${status}: ${said}`] : []
  }
}

const subset = (some, all) => some.split('\n').every((line) => all.split('\n').includes(line))

/**
 * name → {from: the existing database, SERVED: that of a server; before(shop, nth);
 * words; checks that return an error text: done(shop, result) if the command succeeds,
 * halfway(shop) if it fails; again: the words with which it must succeed then;
 * end(shop) after that}
 */
const table = {
  'import': {
    words: (shop) => ['import', shop.path('lines')],
    again: (shop) => ['import', shop.path('lines'), '--existing', 'skip'],
    halfway: (shop) => !shop.made('work.db') || shop.run(['check'], 'work.db').status !== 0 || subset(shop.exported('work.db'), shop.imported()) ? '' : 'it has what was not in the file',
    end: (shop) => (shop.exported('work.db') === shop.imported() ? '' : 'not all is there, once'),
  },
  'import --existing replace': {
    from: 'start.db',
    words: (shop) => ['import', shop.path('lines'), '--existing', 'replace'],
    end: (shop) => (shop.exported('work.db') === shop.replaced() ? '' : 'not all is as in the file'),
  },
  'import to a server': {
    from: SERVED,
    before: (shop, nth) => writeFileSync(shop.path('lines.served'), lines(many(`r${nth}`))),
    words: (shop) => ['import', shop.path('lines.served'), '--existing', 'replace'],
    end: (shop, nth) => (shop.exported(SERVED, '--group', `r${nth}`).replaceAll(`r${nth}:`, 'm:') === shop.imported() ? '' : 'not all is there, once'),
  },
  'token add to a server': {
    from: SERVED,
    words: (shop, nth) => ['token', 'add', '--user', `u${nth}`, '--group', 'm'],
    done: (shop, { out }) => (/^pbk_\S+\n$/.test(out) ? '' : 'there is no token'),
    end: (shop, nth) => (users(shop.must(['token', 'list'], SERVED)).split(' ').includes(`u${nth}`) ? '' : 'there is no token'),
  },
  'export': {
    from: 'start.db',
    words: (shop) => ['export', shop.path('work.lines'), '--encoding', 'transit'],
    halfway: (shop) => (shop.made('work.lines') ? 'a file is there' : ''),
    end: (shop) => (readFileSync(shop.path('work.lines'), 'utf8') === shop.lines('start.db') ? '' : 'the file has something else'),
  },
  'export to a pipe': {
    from: 'start.db',
    words: () => ['export'],
    done: (shop, { out }) => (out === shop.must(['export'], 'start.db') ? '' : 'it printed something else'),
  },
  'backup': {
    from: 'start.db',
    words: (shop) => ['backup', shop.path('work.bak')],
    halfway: (shop) => (shop.made('work.bak') ? 'a file is there' : ''),
    end: (shop) => (shop.exported('work.bak') === shop.exported('start.db') ? '' : 'the copy has something else'),
  },
  'restore': {
    from: 'old.db',
    words: (shop) => ['restore', shop.path('start.bak'), '--force'],
    halfway: (shop) => ([shop.old(), shop.exported('start.db')].includes(shop.exported('work.db')) ? '' : 'neither the old database is there nor the new one'),
    end: (shop) => (shop.exported('work.db') === shop.exported('start.db') ? '' : 'the database has something else'),
  },
  'token add': {
    from: 'start.db',
    words: () => ['token', 'add', '--user', 'bob', '--group', 'm'],
    done: (shop, { out }) => (/^pbk_\S+\n$/.test(out) && shop.users() === 'ann bob' ? '' : 'there is no token'),
    halfway: (shop) => (/^ann( bob)?$/.test(shop.users()) ? '' : 'tokens are gone'),
    end: (shop) => (/^ann( bob)+$/.test(shop.users()) ? '' : 'there is no token'),
  },
  'token list': {
    from: 'start.db',
    words: () => ['token', 'list'],
    done: (shop, { out }) => (users(out) === 'ann' ? '' : 'it lists something else'),
  },
  'token rotate': {
    from: 'start.db',
    words: (shop) => ['token', 'rotate', shop.id],
    again: () => ['token', 'list'],
    done: (shop, { out }) => (/^pbk_\S+\n$/.test(out) ? '' : 'there is no token'),
    end: (shop) => (shop.users() === 'ann' ? '' : 'there is not one token'),
  },
  'token revoke': {
    from: 'start.db',
    words: (shop) => ['token', 'revoke', shop.id],
    again: () => ['token', 'list'],
    done: (shop) => (shop.users() === '' ? '' : 'it is still there'),
  },
  'check': {
    from: 'start.db',
    words: () => ['check'],
    said: ({ status, out, err }) => (status === 0 || !/damaged|fault/.test(out + err) ? '' : 'it tells of damage'),
  },
  'purge': {
    from: 'start.db',
    words: () => ['purge', '--older-than', '0s'],
    end: (shop) => (shop.exported('work.db').includes('deleted') ? 'what was deleted is there' : ''),
  },
  'doc put': {
    from: 'start.db',
    words: () => ['doc', 'put', 'm:2', '7'],
    end: (shop) => (/~:id":"m:2","~:version":\d,"~:value":7/.test(shop.exported('work.db')) ? '' : 'it is not written'),
  },
  'doc ls': {
    from: 'start.db',
    words: () => ['doc', 'ls', 'm'],
    done: (shop, { out }) => (out === shop.must(['doc', 'ls', 'm'], 'start.db') ? '' : 'it lists something else'),
  },
}

/** Queries constant values once. */
const once = (ask) => function () {
  const known = (this.known ??= new Map())
  if (!known.has(ask)) known.set(ask, ask(this))
  return known.get(ask)
}

Object.assign(Workshop.prototype, {
  users() {
    return users(this.must(['token', 'list'], 'work.db'))
  },
  imported: once((shop) => {
    shop.must(['import', shop.path('lines')], 'imported.db')
    return shop.exported('imported.db')
  }),
  replaced: once((shop) => {
    copyFileSync(shop.path('start.db'), shop.path('replaced.db'))
    shop.must(['import', shop.path('lines'), '--existing', 'replace'], 'replaced.db')
    return shop.exported('replaced.db')
  }),
  old: once((shop) => {
    for (const end of ['', '-wal']) copyFileSync(shop.path('old.db' + end), shop.path('older.db' + end))
    return shop.exported('older.db')
  }),
})

/** Describes how the process ended; empty if that is valid. */
function ended({ status, out, err }) {
  if (/Sanitizer|runtime error:|Assertion/.test(err)) return err
  if (status !== 0 && status !== 1) return `it ended with ${status}: ${err}`
  return status === 1 && !/^pocketbook: .|out_of_memory/m.test(err) ? `it failed and did not say why: ${out}${err}` : ''
}

let shop // of the commands in use

/** The nth allocation of a command: {used, violations}. */
export async function commanding(program, name, nth) {
  const kind = table[name]
  const db = kind.from === SERVED ? SERVED : 'work.db'
  shop ??= new Workshop(program)
  if (db === SERVED) await shop.serve()
  else shop.begin(kind.from)
  kind.before?.(shop, nth)
  const result = shop.run(kind.words(shop, nth), db, { nth })
  const found = [ended(result), kind.said?.(result)]
  if (result.status === 0) found.push(kind.done?.(shop, result))
  else {
    found.push(kind.halfway?.(shop))
    shop.must((kind.again ?? kind.words)(shop, nth), db)
    if (shop.left().length) found.push(`left behind: ${shop.left()}`)
  }
  found.push(kind.end?.(shop, nth), ...shop.violations.splice(0))
  return { used: result.used, violations: found.filter(Boolean) }
}

export const commands = Object.keys(table)

/** Removes the folder of the commands; returns violations. */
export async function closeCommands() {
  const found = (await shop?.close()) ?? []
  shop = undefined
  return found
}
