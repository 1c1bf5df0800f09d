import type { FastifyInstance } from 'fastify'
import type { z } from 'zod'
import {
  claimBody,
  invitationBody,
  invitationChangeBody,
  invitationLinkQuery,
  inviteBody,
} from '../../contract/invitations.ts'
import type { Invitation } from '../../domain/invitation.ts'
import { claimInvitation, readOpenInvitation } from '../../manage/users/claim-invitation.ts'
import { closeInvitation, deleteInvitation, inviteUser, readInvitation } from '../../manage/users/invite-user.ts'
import type { ManagePorts } from '../../manage/ports.ts'
import { granted } from '../route.ts'
import type { EdgePorts, PlainAsk } from '../route.ts'
import { askOf, openSchemaRoute, readJson, schemaRoute, shaped, shapedQuery } from './read-ask.ts'
import { renderStamps, timeOf, timeOrNull } from './render-limits.ts'

/** How a user who is on record comes to an account with a password. */
export function invitationRoutes(app: FastifyInstance, edge: EdgePorts, ports: ManagePorts): void {
  write('/invitation/new', 'Invite a user', inviteBody, async (ask) => {
    const { user_id } = shaped(inviteBody, await readJson(ask))
    const { invitation, link } = granted(await inviteUser(user_id, askOf(ask), ports))
    return { ...render(invitation), invitation_link: link }
  })

  write('/invitation/update', 'Close an invitation', invitationChangeBody, async (ask) => {
    const { invitation_id, is_accepted } = shaped(invitationChangeBody, await readJson(ask))
    return render(granted(await closeInvitation(invitation_id, is_accepted, askOf(ask), ports)))
  })

  write('/invitation/delete', 'Delete an invitation', invitationBody, async (ask) => {
    const { invitation_id } = shaped(invitationBody, await readJson(ask))
    return render(granted(await deleteInvitation(invitation_id, askOf(ask), ports)))
  })

  schemaRoute(app, edge, {
    method: 'GET',
    paths: ['/invitation/info'],
    summary: 'Look at an invitation',
    query: invitationBody,
    answer: async (ask) => {
      const { invitation_id } = shapedQuery(invitationBody, ask.request)
      return render(granted(await readInvitation(invitation_id, askOf(ask), ports)))
    },
  })

  openSchemaRoute(app, edge, {
    method: 'GET',
    paths: ['/onboarding/get_token'],
    summary: 'Look at an invitation that one holds',
    query: invitationLinkQuery,
    answer: async (ask) => {
      const { invitation_link } = shapedQuery(invitationLinkQuery, ask.request)
      const { invitation, user } = granted(await readOpenInvitation(invitation_link, ports))
      return { user_id: user.id, user_email: user.email ?? null, expires_at: timeOf(invitation.expiresAt) }
    },
  })

  openSchemaRoute(app, edge, {
    method: 'POST',
    paths: ['/onboarding/claim_token'],
    summary: 'Take up an invitation with a password of one’s own',
    body: claimBody,
    answer: async (ask) => {
      const claim = shaped(claimBody, await readJson(ask))
      const origin = {
        clientAddress: ask.clientAddress,
        requestId: ask.request.callId,
        route: ask.route.path,
      }
      const user = granted(await claimInvitation(claim, origin, ports))
      return { user_id: user.id, user_email: user.email ?? null, user_alias: user.alias ?? null, user_role: user.role }
    },
  })

  function write(path: string, summary: string, body: z.ZodType, answer: (ask: PlainAsk) => Promise<object>): void {
    schemaRoute(app, edge, { method: 'POST', paths: [path], summary, body, answer })
  }
}

/** What opens it is not kept, so that it is never among these. */
function render(invitation: Invitation): object {
  return {
    id: invitation.id,
    user_id: invitation.userId,
    is_accepted: invitation.acceptedAt !== undefined,
    accepted_at: timeOrNull(invitation.acceptedAt),
    expires_at: timeOf(invitation.expiresAt),
    ...renderStamps(invitation),
  }
}
