import { z } from 'zod'
import { filledText, flag, optional, text } from './lenient.ts'

export const inviteBody = z.object({ user_id: text })

export const invitationChangeBody = z.object({ invitation_id: text, is_accepted: flag })

export const invitationBody = z.object({ invitation_id: text })

export const invitationLinkQuery = z.object({ invitation_link: text })

export const claimBody = z
  .object({ invitation_link: text, user_id: optional(filledText), password: text })
  .transform(({ invitation_link, user_id, password }) => ({ link: invitation_link, userId: user_id, password }))
