import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import type { BrowserContext } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { needChromium } from '../support/chromium.ts'
import { MASTER_KEY, startGateway } from '../support/gateway.ts'
import type { RunningGateway } from '../support/gateway.ts'

const INSTALL_MS = 600_000

let gateway: RunningGateway
let browser: BrowserContext
let profile: string
const complaints: string[] = []

beforeAll(async () => {
  const executablePath = await needChromium()
  profile = mkdtempSync(join(tmpdir(), 'latchkey-browser-'))
  gateway = await startGateway()
  const args = ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run']
  browser = await chromium.launchPersistentContext(profile, { executablePath, args })
  browser.setDefaultTimeout(15_000)
  browser.on('console', (line) => {
    if (line.type() === 'error' || line.type() === 'warning') complaints.push(line.text())
  })
  browser.on('weberror', (fault) => complaints.push(fault.error().message))
}, INSTALL_MS)

afterAll(async () => {
  await browser?.close()
  await gateway?.stop()
  if (profile !== undefined) rmSync(profile, { recursive: true, force: true })
})

test('the page of the API shows routes, what they take and who may call them, and nothing before a key', async () => {
  const page = await browser.newPage()
  await page.goto(`${gateway.url}/ui/docs.html`)
  await page.getByLabel('Master key or virtual key').fill(MASTER_KEY)
  expect(await page.getByText('/key/generate').count()).toBe(0)
  await page.getByRole('button', { name: 'Show the API' }).click()
  const route = page.locator('details', { hasText: 'POST /key/block' })
  await route.locator('summary').click()
  const text = await route.innerText()
  expect(text).toContain('Block a key')
  expect(text).toContain('proxy administrators: any')
  expect(text).toMatch(/key\s+body\s+string\s+needed/)
  expect(complaints).toEqual([])
})
