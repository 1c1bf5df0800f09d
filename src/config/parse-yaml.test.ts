import { describe, expect, test } from 'vitest'
import { Findings } from './finding.ts'
import { toJson } from './located.ts'
import { parseYaml } from './parse-yaml.ts'

function parse(text: string) {
  const findings = new Findings()
  const root = parseYaml(text, 'f.yaml', findings)
  return { value: root === undefined ? undefined : toJson(root), findings: findings.list() }
}

describe('N-45: what YAML may do here', () => {
  test('values keep where they were written', () => {
    const findings = new Findings()
    const root = parseYaml('a:\n  - 1\n  - b: text\n', 'f.yaml', findings)
    const list = root?.kind === 'map' ? root.entries.get('a')?.value : undefined
    const inner = list?.kind === 'list' ? list.items[1] : undefined
    expect(inner?.place).toEqual({ file: 'f.yaml', line: 3, column: 5 })
    const b = inner?.kind === 'map' ? inner.entries.get('b') : undefined
    expect(b?.value.place).toEqual({ file: 'f.yaml', line: 3, column: 8 })
  })

  test('the core schema: yes, no, dates and octal-looking text stay text', () => {
    expect(parse('[yes, no, on, 2024-10-21, 0o17, 017, ~, true, 1_000]').value).toEqual([
      'yes',
      'no',
      'on',
      '2024-10-21',
      15,
      17,
      null,
      true,
      '1_000',
    ])
  })

  test('a key named __proto__ is a member like any other', () => {
    const { value } = parse('{ __proto__: { admin: true } }')
    expect(JSON.stringify(value)).toBe('{"__proto__":{"admin":true}}')
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype)
  })

  test('an alias repeats the value of its anchor', () => {
    expect(parse('a: &x { k: 1 }\nb: *x\n').value).toEqual({ a: { k: 1 }, b: { k: 1 } })
  })
})

const REFUSED: readonly { readonly name: string; readonly text: string; readonly line: number | undefined }[] = [
  { name: 'a key written twice', text: 'a: 1\na: 2\n', line: 2 },
  { name: 'a merge key', text: 'a: &x { k: 1 }\nb:\n  <<: *x\n', line: 3 },
  { name: 'a tag of our own', text: 'a: !secret x\n', line: 1 },
  { name: 'a tag of a language', text: 'a: 1\nb: !!python/object/apply:os.system [ls]\n', line: 2 },
  { name: 'a tag that only another schema knows', text: 'a: !!binary aGk=\n', line: 1 },
  { name: 'an older YAML version', text: '%YAML 1.1\n---\na: yes\n', line: 1 },
  { name: 'a second document', text: 'a: 1\n---\nb: 2\n', line: 2 },
  { name: 'an alias without an anchor', text: 'a: 1\nb: *x\n', line: 2 },
  { name: 'an alias inside its own anchor', text: 'a: &x\n  b: *x\n', line: 2 },
  { name: 'the 33rd alias', text: `a: &x 1\nb: [${'*x, '.repeat(32)}*x]\n`, line: 2 },
  { name: 'aliases that multiply', text: bomb(), line: 9 },
  { name: 'more than 32 levels in brackets', text: `a: ${'['.repeat(40)}${']'.repeat(40)}\n`, line: 1 },
  { name: 'a wall of brackets', text: '['.repeat(500_000), line: undefined },
  { name: 'a wall of dashes', text: '- '.repeat(100_000), line: undefined },
  { name: 'more than 1 MiB', text: `a: ${'x'.repeat(1024 * 1024)}`, line: undefined },
  { name: 'a number that is none', text: 'a: .nan\n', line: 1 },
  { name: 'an endless number', text: 'a: 1\nb: .inf\n', line: 2 },
  { name: 'a key that is true', text: 'true: 1\n', line: 1 },
  { name: 'a key that is a list', text: '? [a]\n: 1\n', line: 1 },
  { name: 'tabs as indentation', text: 'a:\n\tb: 1\n', line: 2 },
  { name: 'a quote that never ends', text: 'a: "x\n', line: 2 },
]

/** Well under 32 aliases, a million values when followed. */
function bomb(): string {
  const rows = ['a0: &a0 [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]']
  for (let level = 1; level <= 10; level += 1) {
    rows.push(`a${level}: &a${level} [*a${level - 1}, *a${level - 1}, *a${level - 1}]`)
  }
  return rows.join('\n')
}

test.each(REFUSED)('N-45: $name is refused, with a line', ({ text, line }) => {
  const { value, findings } = parse(text)
  expect(value).toBeUndefined()
  expect(findings.length).toBeGreaterThan(0)
  expect(findings.every((finding) => finding.severity === 'error' && finding.file === 'f.yaml')).toBe(true)
  expect(findings[0]?.line).toBe(line)
})
