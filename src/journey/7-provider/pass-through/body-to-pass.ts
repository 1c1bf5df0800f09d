import type { PassedBody } from '../../1-intake/read-passed-body.ts'
import { spliceMembers } from '../splice.ts'

/** What was meant for us stays here. */
const OURS = 'litellm_metadata'

/** The body as it goes on: every byte as it came, but for the one member that is ours. */
export function bodyToPass({ bytes, parsed }: PassedBody): Uint8Array | undefined {
  if (parsed === undefined || !Object.hasOwn(parsed.value, OURS)) return bytes
  return new TextEncoder().encode(spliceMembers(parsed.text, parsed.members, new Map([[OURS, undefined]])))
}
