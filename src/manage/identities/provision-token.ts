import type { AuditDraft, AuditOrigin } from '../../domain/audit-record.ts'
import { allow } from '../../domain/decision.ts'
import type { Decision } from '../../domain/decision.ts'
import { JWT_PROVISIONER } from '../../domain/default-user.ts'
import type { TeamId, UserId } from '../../domain/ids.ts'
import type { Provision } from '../../domain/provision.ts'
import type { VerifiedToken } from '../../domain/token-facts.ts'
import type { ChangedFact } from '../../ports/fact-changes.ts'
import type { ProvisionedBy, Provisioner } from '../../ports/provisioner.ts'
import type { Change } from '../../ports/registry.ts'
import { CreationLimit } from './creation-limit.ts'
import { provisionArrival, provisionLink } from './provision-arrival.ts'
import { provisionKey } from '../mappings/provision-key.ts'
import { foreseeTeam, provisionTeam, removeMembership, writeMembership, writeRole } from './provision-membership.ts'
import type { Provisioning, ProvisionPorts } from './provisioning.ts'
import { withCascade } from '../with-cascade.ts'

type Kind<Make extends Provision['make']> = Extract<Provision, { readonly make: Make }>

export function createProvisioner(ports: ProvisionPorts): Provisioner {
  const limit = new CreationLimit(ports.clock)
  return {
    async foresee(effects) {
      for (const { teamId } of ofKind(effects, 'team')) {
        const may = await foreseeTeam(teamId, ports.registry.rooms)
        if (may.verdict === 'deny') return may
      }
      return allow(undefined)
    },
    carryOut(effects, of, through) {
      const origin = originOf(effects, of, through)
      const about = { action: 'created', ...objectOf(effects) } as const
      return ports.registry.change(origin, about, (rooms) =>
        carryOut(effects, {
          rooms,
          ports,
          ask: { origin: { ...origin, onBehalfOf: undefined } },
          takeOne: () => takeOne(limit, of),
        }),
      )
    },
  }
}

/** Whoever finds the team there already takes it before its user as well, as whoever makes both: in one order nobody waits for ever. */
function teamsOf(effect: Provision): readonly TeamId[] {
  return 'teamId' in effect && effect.teamId !== undefined ? [effect.teamId] : []
}

/** What others refer to comes first: teams, the user, what the two have to do with each other, and the key of both. */
async function carryOut(effects: readonly Provision[], within: Provisioning): Promise<Decision<Change<void>>> {
  const records: AuditDraft[] = []
  const keyRecords: AuditDraft[] = []
  let madeId: UserId | undefined
  await within.rooms.teams.findMany(effects.flatMap(teamsOf))
  for (const { teamId } of ofKind(effects, 'team')) {
    const team = await provisionTeam(teamId, within)
    if (team.verdict === 'deny') return team
    records.push(...team.granted)
  }
  for (const effect of ofKind(effects, 'user')) {
    const made = await provisionArrival(effect, within)
    if (made.verdict === 'deny') return made
    madeId = made.granted.userId
    records.unshift(...made.granted.records)
  }
  for (const effect of ofKind(effects, 'link')) records.push(...(await provisionLink(effect, within)))
  for (const effect of ofKind(effects, 'role')) {
    records.push(...(await writeRole({ ...effect, userId: effect.userId ?? madeId }, within)))
  }
  for (const effect of ofKind(effects, 'no-membership')) records.push(...(await removeMembership(effect, within)))
  for (const effect of ofKind(effects, 'membership')) {
    const written = await writeMembership({ ...effect, userId: effect.userId ?? madeId }, within)
    if (written.verdict === 'deny') return written
    records.push(...written.granted)
  }
  for (const effect of ofKind(effects, 'key')) {
    const userId = madeId ?? effect.userId
    // A user and the key of that user are one arrival.
    const takeOne = madeId === undefined ? within.takeOne : () => allow(undefined)
    const made = await provisionKey({ ...effect, userId }, { ...within, takeOne })
    if (made.verdict === 'deny') return made
    keyRecords.push(...made.granted)
  }
  const [first, ...others] = records
  const arrival = first === undefined ? [] : [withCascade(first, others)]
  return allow({ outcome: undefined, records: [...arrival, ...keyRecords], news: effects.flatMap(newsOf) })
}

/** Another process that was quicker has written what is found; whoever is led there next must not be told the old. */
function newsOf(effect: Provision): readonly ChangedFact[] {
  switch (effect.make) {
    case 'team':
      return [{ kind: 'team', id: effect.teamId }]
    case 'membership':
    case 'no-membership':
    case 'role':
      return effect.userId === undefined ? [] : [{ kind: 'user', id: effect.userId }]
    // Those who want the same link or the same mapping take turns, and are told by that.
    case 'user':
    case 'link':
    case 'key':
      return []
  }
}

function ofKind<Make extends Provision['make']>(effects: readonly Provision[], make: Make): readonly Kind<Make>[] {
  return effects.filter((effect): effect is Kind<Make> => effect.make === make)
}

function takeOne(limit: CreationLimit, { profile }: VerifiedToken): Decision<void> {
  const taken = limit.take(profile.id)
  if (taken === 'taken') return allow(undefined)
  return { verdict: 'deny', problem: 'too-many-newcomers', because: 'jwt_provisioning_limit', ...taken }
}

function originOf(effects: readonly Provision[], token: VerifiedToken, through: ProvisionedBy): AuditOrigin {
  return {
    actor: JWT_PROVISIONER,
    actorRole: 'provisioner',
    actorKey: undefined,
    onBehalfOf: `${subjectOf(effects, token)} at ${token.issuer}`,
    clientAddress: through.clientAddress,
    requestId: through.requestId,
    route: through.route,
  }
}

/** The text by which the token named its user; of a token that names none, its `sub`. */
function subjectOf(effects: readonly Provision[], { claims }: VerifiedToken): string {
  const linking = effects.find((effect) => effect.make === 'user' || effect.make === 'link')
  const { sub } = claims
  return linking?.link.subject ?? (typeof sub === 'string' ? sub : '')
}

/** What it is about, for the record of a refusal. */
function objectOf(effects: readonly Provision[]): Pick<AuditDraft, 'objectType' | 'objectId'> {
  for (const effect of effects) {
    if (effect.make === 'key') return { objectType: 'LiteLLM_JWTKeyMapping', objectId: effect.claim.value }
    if (effect.make === 'user') return { objectType: 'LiteLLM_UserTable', objectId: effect.wanted }
    if (effect.make !== 'team' && effect.userId !== undefined) {
      return { objectType: 'LiteLLM_UserTable', objectId: effect.userId }
    }
  }
  return { objectType: 'LiteLLM_UserTable', objectId: '' }
}
