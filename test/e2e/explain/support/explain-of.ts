import type { Json } from '../../authority/support/caller.ts'
import { good } from '../../authority/support/caller.ts'
import type { Town } from '../../jwt/support/town.ts'

/** What is asked of `/authz/explain`. */
export interface ExplainAsk {
  readonly key?: string
  readonly user_id?: string
  readonly team_id?: string
  readonly token?: string
  readonly claims?: Json
  readonly issuer?: string
  readonly route: string
  readonly method?: string
  readonly model?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Json
}

export interface Step {
  readonly step: string
  readonly outcome: 'allow' | 'deny'
  readonly reason: string | null
  readonly inputs: Json
}

export interface SettingStep {
  readonly setting: string
  readonly add?: unknown
  readonly set?: unknown
  readonly remove?: unknown
}

export type ChangeStep =
  | { readonly api: { readonly method: string; readonly path: string; readonly body: Json } }
  | { readonly claim: string; readonly value: unknown }
  | { readonly request: { readonly headers?: Readonly<Record<string, string | null>>; readonly body?: Json } }
  | SettingStep

export interface Explained {
  readonly verdict: 'allow' | 'deny'
  readonly status: number
  readonly reason: string | null
  readonly message: string
  readonly steps: readonly Step[]
  readonly principal: Json | null
  readonly provision: readonly Json[]
  readonly settings: readonly string[]
  readonly change: { readonly say: string; readonly steps: readonly ChangeStep[] } | null
  readonly advice: string | null
  readonly correlation_id: string
}

export async function explainOf({ master }: Pick<Town, 'master'>, ask: ExplainAsk): Promise<Explained> {
  return good(await master.post('/authz/explain', ask)) as unknown as Explained
}
