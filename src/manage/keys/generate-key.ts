import type { Decision } from '../../domain/decision.ts'
import { issueKey } from './issue-key.ts'
import type { IssuedKey, KeyOrder } from './issue-key.ts'
import type { Ask, ManagePorts } from '../ports.ts'

export function generateKey(order: KeyOrder, ask: Ask, ports: ManagePorts): Promise<Decision<IssuedKey>> {
  const about = {
    action: 'created',
    objectType: 'LiteLLM_VerificationToken',
    objectId: order.alias ?? order.userId ?? '',
  } as const
  return ports.registry.change(ask.origin, about, (rooms) => issueKey(order, ask, rooms, ports))
}
