import { readFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import { openTokenVerifier } from '../adapters/oidc/open-token-verifier.ts'
import { openDocumentGetter } from '../adapters/outbound-http/document-getter.ts'
import { chance } from '../adapters/system/chance.ts'
import { clock } from '../adapters/system/clock.ts'
import { readTokenFacts } from '../journey/3-identify/read-token-facts.ts'
import type { LogFacts, OperatorLog } from '../ports/operator-log.ts'
import type { TokenTools } from './check-token.ts'

/** Verifies as a gateway does, once. What a gateway would warn of is written instead of logged. */
export function tokenTools(writeError: (text: string) => void): TokenTools {
  const tell = (message: string, facts: LogFacts = {}): void => {
    const about = Object.entries(facts).map(([name, value]) => `, ${name}: ${JSON.stringify(value)}`)
    writeError(`latchkey: ${message}${about.join('')}\n`)
  }
  const log: OperatorLog = { info: () => {}, warn: tell, error: tell }
  return {
    readToken,
    openVerifier: (settings) =>
      openTokenVerifier({ settings, getter: openDocumentGetter(), log, fraction: () => chance.fraction() }),
    readFacts: readTokenFacts,
    now: () => clock.now(),
  }
}

/** The named file, standard input for `-`, or the name itself where it is a token, be it one of no good form. */
export async function readToken(name: string): Promise<string> {
  if (name === '-') return text(process.stdin)
  return /^(?:bearer +)?eyJ[\w-]*\./i.test(name) ? name : readFile(name, 'utf8')
}
