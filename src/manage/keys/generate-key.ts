import type { Decision } from '../../domain/decision.ts'
import { issueKey } from './issue-key.ts'
import type { IssuedKey, KeyOrder } from './issue-key.ts'
import type { Ask, ManagePorts } from '../ports.ts'
import { tellZeros } from './tell-zeros.ts'

export async function generateKey(order: KeyOrder, ask: Ask, ports: ManagePorts): Promise<Decision<IssuedKey>> {
  const about = {
    action: 'created',
    objectType: 'LiteLLM_VerificationToken',
    objectId: order.alias ?? order.userId ?? '',
  } as const
  const made = await ports.registry.change(ask.origin, about, (rooms) => issueKey(order, ask, rooms, ports))
  if (made.verdict === 'allow') tellZeros(made.granted.row, order.limits, ports.log)
  return made
}
