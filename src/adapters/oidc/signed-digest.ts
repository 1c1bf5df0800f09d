import { hash } from 'node:crypto'
import { signedText } from '../../domain/token-revocation.ts'

export function signedDigestOf(token: string): string {
  return hash('sha256', signedText(token), 'hex')
}
