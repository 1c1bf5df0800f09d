import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { IdentityProvider } from '../../support/identity-provider.ts'
import { startIdentityProvider } from '../../support/identity-provider.ts'
import type { Town } from '../jwt/support/town.ts'
import { openTown } from '../jwt/support/town.ts'
import { ChangedTowns } from './support/changed-town.ts'
import { DENIED_CREDENTIALS } from './support/denied-credentials.ts'
import { GROUPS } from './support/groups.ts'
import { proveDenial } from './support/prove-denial.ts'
import { seeded } from './support/random.ts'

/** Of each kind, with other names, routes, models and ways to say the same. */
const OF_EACH = 2

let idp: IdentityProvider
beforeAll(async () => {
  idp = await startIdentityProvider()
})
afterAll(() => idp.stop())

test('there are two hundred of them for which a change is proposed, and some more', () => {
  const kinds = GROUPS.filter(({ kinds: each }) => each !== DENIED_CREDENTIALS).flatMap((group) =>
    Object.keys(group.kinds),
  )
  expect(kinds.length * OF_EACH).toBeGreaterThanOrEqual(200)
})

describe.each(GROUPS)('$name', ({ options, kinds }) => {
  let town: Town
  let towns: ChangedTowns
  beforeAll(async () => {
    town = await openTown({ ...options, idp })
    towns = new ChangedTowns(town, options)
  })
  afterAll(async () => {
    await towns.close()
    await town.close()
  })

  test.each(Object.entries(kinds))('%s', async (name, kind) => {
    for (let seed = 1; seed <= OF_EACH; seed += 1) {
      await proveDenial(town, towns, await kind(town, seeded(seed * 7919 + name.length)))
    }
  })
})
