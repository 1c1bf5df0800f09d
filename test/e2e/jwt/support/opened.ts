import { afterAll, beforeAll } from 'vitest'
import type { IdentityProvider } from '../../../support/identity-provider.ts'
import type { Town, TownOptions } from './town.ts'
import { openTown } from './town.ts'

/** A town for the tests of a `describe`, whose provider the file shares between several. */
export function opened(idp: () => IdentityProvider, options: TownOptions): () => Town {
  let town: Town | undefined
  beforeAll(async () => {
    town = await openTown({ ...options, idp: idp() })
  })
  afterAll(() => town?.close())
  return () => {
    if (town === undefined) throw new Error('there is no town yet')
    return town
  }
}
