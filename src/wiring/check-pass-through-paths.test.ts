import { expect, test } from 'vitest'
import { loadYaml } from '../../test/support/load-yaml.ts'
import { checkPassThroughPaths } from './check-pass-through-paths.ts'
import { Findings } from '../config/finding.ts'
import { ACCESS_TABLE } from '../domain/access-table.ts'
import { OPERATION_PATHS } from '../journey/1-intake/operation-paths.ts'

function refused(path: string, includeSubpath = false): boolean {
  const entry = JSON.stringify({ path, target: 'https://x.example', include_subpath: includeSubpath })
  const { passThroughs } = loadYaml(`{ general_settings: { pass_through_endpoints: [${entry}] } }`)
  expect(passThroughs).toHaveLength(1)
  const findings = new Findings()
  checkPassThroughPaths(passThroughs, findings)
  return findings.hasErrors
}

test('N-05: no path of the gateway can be taken, in any letters, nor what holds it', () => {
  const served = ACCESS_TABLE.filter(
    ({ id }) => !/^(?:inference|mcp|agent|rag|event|guardrail|caller|request)/.test(id),
  )
  const paths = [
    ...served.flatMap(({ routes }) => routes.map(({ path }) => path)),
    ...Object.values(OPERATION_PATHS).flat(),
  ]
  const plain = paths.filter((path) => /^\/[a-z0-9_/.-]+$/.test(path)).map((path) => path.replace(/\/$/, ''))
  expect(plain.length).toBeGreaterThan(150)
  for (const path of plain) {
    expect({ path, refused: refused(path) }).toEqual({ path, refused: true })
    expect({ path, refused: refused(path.toUpperCase()) }).toEqual({ path, refused: true })
    const [, first = ''] = path.split('/')
    expect({ path, refused: refused(`/${first}`, true) }).toEqual({ path, refused: true })
  }
})

test.each([
  ['/key/abc/regenerate', false],
  ['/openai/deployments/x', false],
  ['/engines/a/b', false],
  ['/models/a/b', false],
  ['/scim/v2/Users', false],
  ['/ui/x', false],
  ['/anthropic', false],
  ['/gemini/v1beta', true],
])('%s is taken', (path, below) => {
  expect(refused(path, below)).toBe(true)
})

test.each([
  ['/bria', true],
  ['/langfuse', true],
  ['/vertex_ai/v1', true],
  ['/v1/rerank', false],
  ['/keys', true],
  ['/keyx/generate', true],
  ['/anthropicx', true],
  ['/uix', true],
  ['/my/key/generate', true],
])('%s is free', (path, below) => {
  expect(refused(path, below)).toBe(false)
})
