import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '..')
const read = (name: string): string => readFileSync(join(ROOT, name), 'utf8')

interface Package {
  readonly dependencies: Record<string, string>
  readonly devDependencies: Record<string, string>
  readonly scripts: Record<string, string>
}

interface Lock {
  readonly packages: Record<
    string,
    {
      readonly dev?: boolean
      readonly optional?: boolean
      readonly resolved?: string
      readonly integrity?: string
      readonly hasInstallScript?: boolean
    }
  >
}

const own = JSON.parse(read('package.json')) as Package
const lock = JSON.parse(read('package-lock.json')) as Lock

test('P-02 at most twenty packages ship with us, each with its reason, and nothing else has one', () => {
  const listed = [...read('docs/dependencies.md').matchAll(/^\| `([^`]+)`\s*\|/gm)].map((match) => match[1])
  expect(new Set(listed)).toEqual(new Set(Object.keys(own.dependencies)))
  expect(listed.length).toBeLessThanOrEqual(20)
})

test('P-02 at most 150 packages ship in all', () => {
  const shipped = Object.entries(lock.packages).filter(
    ([name, { dev, optional }]) => name !== '' && dev !== true && optional !== true,
  )
  expect(shipped.length).toBeLessThanOrEqual(150)
})

test('P-01 versions are exact and come from the registry, and we run no install scripts of our own', () => {
  for (const version of Object.values({ ...own.dependencies, ...own.devDependencies }))
    expect(version).toMatch(/^\d+\.\d+\.\d+(-[\w.]+)?$/)
  for (const { resolved = 'https://' } of Object.values(lock.packages)) expect(resolved).toMatch(/^https:\/\//)
  expect(Object.keys(own.scripts).filter((name) => /^(pre|post)?(install|prepare)$/.test(name))).toEqual([])
})

test('P-01 every package of the lock file has a strong hash, and none that ships runs a script when it is installed', () => {
  const packages = Object.entries(lock.packages).filter(([name]) => name !== '')
  expect(packages.length).toBeGreaterThan(100)
  expect(packages.filter(([, { integrity = '' }]) => !integrity.startsWith('sha512-')).map(([name]) => name)).toEqual(
    [],
  )
  const scripted = packages.filter(([, { dev, hasInstallScript }]) => dev !== true && hasInstallScript === true)
  expect(scripted.map(([name]) => name)).toEqual([])
})
