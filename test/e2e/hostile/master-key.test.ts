import { describe, expect, test } from 'vitest'
import { bearer, startGateway, tryGateway } from '../../support/gateway.ts'

const WEAK = ['sk-1234', 'password', 'sk-0123456789abc', 'sk-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa']

/** Refused starts say why, end with a code, and do not say the key. */
async function isRefused(
  masterKey: string,
  args: readonly string[],
  config?: Record<string, unknown>,
): Promise<string> {
  const start = await tryGateway({ masterKey, args, ...(config === undefined ? {} : { config }) })
  if (start.ok) {
    await start.gateway.stop()
    throw new Error('it started')
  }
  expect(start.code).toBeGreaterThan(0)
  return start.stdout + start.stderr
}

describe('AC-044, K-13: a master key that can be guessed serves nobody but this machine', () => {
  test.each(WEAK)('%s on every address', async (key) => {
    const said = await isRefused(key, ['--host', '0.0.0.0'])

    expect(said).toMatch(/master.?key/i)
    expect(said).not.toContain(key)
  })

  test('the same from the configuration file, and on IPv6', async () => {
    const config = { general_settings: { master_key: 'sk-1234' } }

    expect(await isRefused('', ['--host', '0.0.0.0'], config)).toMatch(/master.?key/i)
    expect(await isRefused('sk-1234', ['--host', '::'])).toMatch(/master.?key/i)
  })

  test('a key that is also the credential of a provider is refused', async () => {
    const key = 'sk-Zq81kLw0pVt7yXn3bRm5cHs9dGf2jKe4'
    const litellm_params = { model: 'openai/gpt-4o', api_base: 'http://127.0.0.1:1/v1', api_key: key }
    const config = { model_list: [{ model_name: 'm', litellm_params }] }

    expect(await isRefused(key, ['--host', '0.0.0.0'], config)).not.toContain(key)
  })

  test('on loopback it is warned of, and serves', async () => {
    const gateway = await startGateway({ masterKey: 'sk-1234' })

    const answer = await fetch(`${gateway.url}/v1/models`, { headers: bearer('sk-1234') })
    await gateway.stop()
    expect(answer.status).toBe(200)
    expect(gateway.stdout() + gateway.stderr()).toMatch(/master.?key is short or well known/i)
  })
})
