import type { JsonObject } from './json.ts'

/** What a token says, as it was signed. Objects without prototype; nothing of ours is ever put in. */
export type Claims = JsonObject

/** Where a claim is: the names of members, outermost first. Never empty. */
export type ClaimPath = readonly string[]
