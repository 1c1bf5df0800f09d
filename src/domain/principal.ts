import type { VirtualKey } from './virtual-key.ts'

/**
 * Who is calling. Made in `3-identify` and nowhere else. `user`, `team-token` and `agent` join the union together with
 * the credentials that prove them.
 */
export type Principal = MasterPrincipal | KeyPrincipal

export interface MasterPrincipal {
  readonly kind: 'master'
}

export interface KeyPrincipal {
  readonly kind: 'virtual-key'
  readonly key: VirtualKey
}

/** The user id that the compatible API shows for whoever holds the master key. */
export const MASTER_USER_ID = 'default_user_id'

/** Stands for the master key in spend rows, where other keys show their digest. */
export const MASTER_ALIAS = 'litellm_proxy_master_key'

export function actorName(principal: Principal): string {
  switch (principal.kind) {
    case 'master':
      return MASTER_USER_ID
    case 'virtual-key':
      return principal.key.userId ?? principal.key.alias ?? principal.key.displayName
  }
}
