import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { PassThrough } from '../../../domain/pass-through.ts'
import { Secret } from '../../../domain/secret.ts'
import { chooseClientHeaders } from './client-headers.ts'

const ALL: Pick<PassThrough, 'clientHeaders' | 'headers'> = {
  clientHeaders: { names: 'all', takesPassed: true },
  headers: new Map([['api_token', new Secret('x')]]),
}
const BARRED =
  'authorization cookie host content-length transfer-encoding connection te upgrade expect x-api-key api-key x-goog-api-key ocp-apim-subscription-key proxy-authorization x-forwarded-for x-forwarded-host forwarded via x-real-ip x-litellm-api-key x-litellm-tags litellm_user_api_key sec-fetch-mode origin referer traceparent openai-organization x-auth-token x-client-secret api_token x-mine x-latchkey-hops x-http-method-override accept-encoding'.split(
    ' ',
  )

test('AC-118, N-11: no spelling of a name gets past the list', () => {
  const spelled = fc
    .tuple(fc.constantFrom(...BARRED), fc.constantFrom('', 'x-pass-', 'X-PASS-'), fc.boolean(), fc.boolean())
    .map(([name, prefix, isUpper, isLow]) => {
      const written = isLow ? name.replaceAll('-', '_') : name
      return prefix + (isUpper ? written.toUpperCase() : written)
    })
  fc.assert(
    fc.property(spelled, fc.string(), (name, value) => {
      const request = { rawHeaders: [name, value, 'X-Fine', '1'], presented: [], credentialHeaders: ['x-mine'] }
      expect(chooseClientHeaders(request, ALL)).toEqual(['x-fine', '1'])
    }),
  )
})

test('a credential is one in whatever header it stands', () => {
  const key = 'sk-0123456789'
  const request = {
    rawHeaders: ['x-note', `a ${key} b`, 'accept', key, 'x-b', '2'],
    presented: [key],
    credentialHeaders: [],
  }
  expect(chooseClientHeaders(request, ALL)).toEqual(['x-b', '2'])
})

test('AC-117: values that would break the head of a request do not go on', () => {
  for (const value of ['a\r\nb: c', 'a\u0000', 'é', '\u007f'])
    expect(chooseClientHeaders({ rawHeaders: ['x-a', value], presented: [], credentialHeaders: [] }, ALL)).toEqual([])
})

test('where nothing is listed, the body says what it is and the answer what is wanted', () => {
  const none = { ...ALL, clientHeaders: { names: ['anthropic-version'], takesPassed: false } } as const
  const rawHeaders = ['Accept', 'a', 'Content-Type', 'b', 'Anthropic-Version', 'c', 'x-pass-d', 'd', 'x-e', 'e']
  expect(chooseClientHeaders({ rawHeaders, presented: [], credentialHeaders: [] }, none)).toEqual([
    'accept',
    'a',
    'content-type',
    'b',
    'anthropic-version',
    'c',
  ])
})
