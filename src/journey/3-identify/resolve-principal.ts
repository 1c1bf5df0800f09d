import type { Principal } from '../../domain/principal.ts'
import type { Proof } from '../2-authenticate/verify-credential.ts'

/** The one place where a principal is made. */
export function resolvePrincipal(proof: Proof): Principal {
  switch (proof.kind) {
    case 'master-key':
      return { kind: 'master' }
    case 'virtual-key':
      return { kind: 'virtual-key', key: proof.key }
  }
}
