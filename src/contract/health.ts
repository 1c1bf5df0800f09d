import { z } from 'zod'
import { filledText, optional } from './lenient.ts'

export const healthQuery = z.object({ model: optional(filledText), model_id: optional(filledText) })
export type HealthQuery = z.output<typeof healthQuery>
