import type { FastifyInstance } from 'fastify'
import { identitiesQuery, linkBody, mergeBody, undoMergeBody, unlinkBody } from '../../contract/identities.ts'
import { linkIdentity, readIdentities, unlinkIdentity } from '../../manage/identities/link-identity.ts'
import { findMergeCandidates, mergeUsers, previewMerge, undoUserMerge } from '../../manage/identities/merge-users.ts'
import type { ManagePorts } from '../../manage/ports.ts'
import { granted } from '../route.ts'
import type { EdgePorts } from '../route.ts'
import { askOf, readJson, schemaRoute, shaped, shapedQuery } from './read-ask.ts'
import { renderCandidate, renderIdentities, renderMerge } from './render-merge.ts'

/** Who users are at the providers, and the repair of rows that are one person. */
export function identityRoutes(app: FastifyInstance, edge: EdgePorts, ports: ManagePorts): void {
  schemaRoute(app, edge, {
    method: 'GET',
    paths: ['/user/identities'],
    summary: 'Who a user is at the identity providers',
    query: identitiesQuery,
    answer: async (ask) => {
      const { user_id } = shapedQuery(identitiesQuery, ask.request)
      return renderIdentities(granted(await readIdentities(user_id, askOf(ask), ports)))
    },
  })

  schemaRoute(app, edge, {
    method: 'POST',
    paths: ['/user/identity/link'],
    summary: 'Say who a provider’s subject is',
    body: linkBody,
    answer: async (ask) => {
      const order = shaped(linkBody, await readJson(ask))
      return renderIdentities(granted(await linkIdentity(order, askOf(ask), ports)))
    },
  })

  schemaRoute(app, edge, {
    method: 'POST',
    paths: ['/user/identity/unlink'],
    summary: 'Take an identity from a user',
    body: unlinkBody,
    answer: async (ask) => {
      const order = shaped(unlinkBody, await readJson(ask))
      return renderIdentities(granted(await unlinkIdentity(order, askOf(ask), ports)))
    },
  })

  schemaRoute(app, edge, {
    method: 'GET',
    paths: ['/user/merge/candidates'],
    summary: 'Find users that may be one person',
    answer: async () => ({ candidates: (await findMergeCandidates(ports)).map(renderCandidate) }),
  })

  schemaRoute(app, edge, {
    method: 'POST',
    paths: ['/user/merge'],
    summary: 'Make two users one',
    body: mergeBody,
    answer: async (ask) => {
      const { isDryRun, ...order } = shaped(mergeBody, await readJson(ask))
      if (isDryRun) return renderMerge(granted(await previewMerge(order, askOf(ask), ports)), undefined)
      const merged = granted(await mergeUsers(order, askOf(ask), ports))
      return renderMerge(merged, merged.mergeId)
    },
  })

  schemaRoute(app, edge, {
    method: 'POST',
    paths: ['/user/merge/undo'],
    summary: 'Part two users again',
    body: undoMergeBody,
    answer: async (ask) => {
      const { mergeId } = shaped(undoMergeBody, await readJson(ask))
      const { id, survivorId, duplicateId } = granted(await undoUserMerge(mergeId, askOf(ask), ports))
      return { merge_id: id, survivor: survivorId, duplicate: duplicateId, undone: true }
    },
  })
}
