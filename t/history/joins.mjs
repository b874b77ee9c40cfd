// People who join by invitations during a campaign. An answered join is never lost: its
// token is valid at every host and is listed, the invitation has counted it once, and
// no invitation gives more tokens than it has uses.
import { randomBytes } from 'node:crypto'
import { Connection } from './http.mjs'
import { keyOf } from './tokens.mjs'

/** The grants and uses of the invitations: some are used up soon. */
const KINDS = [[['a', 'b:ro'], 3], [['b'], 12], [['b:c:ro'], 40], [['*:ro'], 1_000_000]]
const EXPIRES = '36500d' // however the clock is set

const pause = (ms) => new Promise((done) => setTimeout(done, ms))

export class Invitation {
  /** user → the token that the join has got */
  joined = new Map()
  /** Joins that were sent and not answered; that will not be answered any more. */
  pending = 0
  unknown = 0

  constructor(secret, grants, uses) {
    Object.assign(this, { secret, grants, uses, id: secret.split('_')[1] })
  }
}

/** The joins of a campaign. */
export class Joins {
  constructor(history) {
    this.history = history
    this.invitations = []
    Object.assign(history.counts, { joins: 0, joinsRefused: 0, joinsRepeated: 0 })
  }

  add(invitation) {
    this.invitations.push(invitation)
    return invitation
  }

  /** A join is sent for the first time. */
  begin(invitation) {
    invitation.pending++
  }

  /** It was answered with this token; perhaps once more, as it was repeated. */
  answer(invitation, user, token) {
    const before = invitation.joined.get(user)
    if (before === undefined) {
      invitation.pending--
      this.history.counts.joins++
      invitation.joined.set(user, token)
    } else {
      this.history.counts.joinsRepeated++
      if (before !== token) this.history.violate('a repeated join gets another token', `${user} by ${invitation.id}`)
    }
    if (invitation.joined.size > invitation.uses) this.history.violate('an invitation is used too often', `${invitation.joined.size} have joined by ${invitation.id}, of ${invitation.uses}`)
  }

  /** It was refused, as the invitation is used up. So no earlier attempt has joined. */
  refuse(invitation, user) {
    this.history.counts.joinsRefused++
    if (invitation.joined.has(user)) return this.history.violate('a join was lost', `${user} by ${invitation.id}, whose repetition is refused`)
    const most = invitation.joined.size + invitation.unknown + invitation.pending - 1
    invitation.pending--
    if (most < invitation.uses) this.history.violate('an invitation refuses a use that is left', `${invitation.id}: ${most} of ${invitation.uses} can be used`)
  }

  /** It will not be known whether it has joined. */
  lose(invitation) {
    invitation.pending--
    invitation.unknown++
  }

  /** Compares all with the lists of invitations and tokens, while nobody joins.
   * `hasEnded(token)`: it was revoked, or perhaps. */
  judge(listed, tokens, hasEnded) {
    const ids = new Set(tokens.map(({ id }) => id))
    for (const { id, joined, unknown, uses } of this.invitations) {
      const used = listed.find((one) => one.id === id)?.used
      if (!(used >= joined.size && used <= joined.size + unknown))
        this.history.violate('a join is not counted once', `${id} counts ${used}, ${joined.size} have joined, ${unknown} perhaps`)
      if (used > uses) this.history.violate('an invitation is used too often', `${id} counts ${used} of ${uses}`)
      for (const [user, token] of joined)
        if (!ids.has(token.split('_')[1]) && !hasEnded(token)) this.history.violate('a join was lost', `the token of ${user} by ${id} is not listed`)
    }
  }
}

/** Makes the invitations with the command, without a server. */
export async function makeInvitations(server, joins) {
  for (const [grants, uses] of KINDS) {
    const { status, out, err } = await server.command('token', 'invite', '--uses', String(uses), '--expires', EXPIRES, ...grants.flatMap((grant) => ['--group', grant]))
    if (status !== 0) throw new Error(`token invite ended with ${status}: ${err}`)
    joins.add(new Invitation(/pbi_\S+/.exec(out)[0], grants, uses))
  }
}

/** Joins until it is answered; some joins are sent again then, as if the answer had
 * been lost. */
async function joinOnce(run, connection, random, invitation, user) {
  const { joins } = run
  const body = { invite: invitation.secret, user, key: randomBytes(32).toString('base64url') }

  joins.begin(invitation)
  for (;;) {
    connection.port = run.port
    const answer = await connection.ask('/join', body)
    const code = answer?.body?.code
    if (answer?.status === 200) {
      joins.answer(invitation, user, answer.body.token)
      if (random.chance(0.7) || run.over) return answer.body.token
    } else if (code === 'invite-used') {
      joins.refuse(invitation, user)
      return invitation.joined.get(user)
    } else if (answer && answer.status !== 503 && answer.status !== 507) {
      run.history.violate('a join is refused', `${user} by ${invitation.id}: ${answer.status} ${code}`)
      if (!invitation.joined.has(user)) joins.lose(invitation)
      return invitation.joined.get(user)
    }
    if (run.over) {
      if (!invitation.joined.has(user)) joins.lose(invitation)
      return invitation.joined.get(user)
    }
    await pause(20 + random.below(80))
  }
}

export async function joiner(run, name, random) {
  const connection = new Connection()
  for (let n = 1; !run.over; n++) {
    await run.turn()
    const invitation = random.pick(run.joins.invitations)
    const user = `${name}.${n}`
    const token = await joinOnce(run, connection, random, invitation, user)
    if (token) run.keyring.begin(Object.assign(run.keyring.add(keyOf(user, invitation.grants, token)), { isMember: true }))
    await pause(random.below(600))
  }
  connection.close()
}

async function lists(server, patience) {
  for (const end = Date.now() + patience; Date.now() < end; await pause(100)) {
    const all = []
    for (const words of [['token', 'invites'], ['token', 'list']]) {
      const { status, out } = await server.command(...words, '--json')
      if (status === 0) all.push(JSON.parse(out))
    }
    if (all.length === 2) return all
  }
  return undefined
}

/** While nobody joins. Returns the tokens, as `token list` has them. */
export async function judgeJoins({ server, history, joins, keyring, patience }) {
  const found = await lists(server, patience)
  if (!found) return void history.violate('a command', 'token list does not answer')
  joins.judge(...found, (token) => keyring.keys.some((key) => key.text === token && key.ending))
  return found[1]
}
