import { z } from 'zod'
import { flag, optional, text } from './lenient.ts'

const named = z.string().min(1).max(255)
const issuer = z.string().max(2_048)
const subject = z.string().min(1).max(255)

export const identitiesQuery = z.object({ user_id: named })

export const linkBody = z
  .object({ user_id: named, issuer, subject })
  .transform((body) => ({ userId: body.user_id, link: { issuer: body.issuer, subject: body.subject } }))

export const unlinkBody = z
  .object({ user_id: optional(named), issuer, subject })
  .transform((body) => ({ userId: body.user_id, link: { issuer: body.issuer, subject: body.subject } }))

export const mergeBody = z
  .object({ survivor: named, duplicate: named, dry_run: optional(flag) })
  .transform(({ survivor, duplicate, dry_run = false }) => ({ survivor, duplicate, isDryRun: dry_run }))

export const undoMergeBody = z.object({ merge_id: text }).transform(({ merge_id }) => ({ mergeId: merge_id }))
