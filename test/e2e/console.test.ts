import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import type { BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { needChromium } from '../support/chromium.ts'
import { MASTER_KEY, bearer, startGateway } from '../support/gateway.ts'
import type { RunningGateway } from '../support/gateway.ts'

const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]
const INSTALL_MS = 600_000

let gateway: RunningGateway
let browser: BrowserContext
let profile: string
/** Everything that a browser complains of, and every request that leaves the gateway. */
const complaints: string[] = []

beforeAll(async () => {
  const executablePath = await needChromium()
  profile = mkdtempSync(join(tmpdir(), 'latchkey-browser-'))
  gateway = await startGateway()
  browser = await chromium.launchPersistentContext(profile, { executablePath, args: FLAGS })
  browser.setDefaultTimeout(15_000)
  browser.on('console', (line) => {
    if (line.type() === 'error' || line.type() === 'warning') complaints.push(`console: ${line.text()}`)
  })
  browser.on('weberror', (fault) => complaints.push(`fault: ${fault.error().message}`))
  browser.on('request', (request) => {
    const { origin, protocol } = new URL(request.url())
    if (origin !== gateway.url && protocol !== 'data:') complaints.push(`request: ${request.url()}`)
  })
  await browser.exposeBinding('noteViolation', (_source, what: string) => void complaints.push(`policy: ${what}`))
  await browser.addInitScript(
    `addEventListener('securitypolicyviolation', (e) => noteViolation(e.violatedDirective + ' ' + e.blockedURI))`,
  )
}, INSTALL_MS)

afterAll(async () => {
  await browser?.close()
  await gateway?.stop()
  if (profile !== undefined) rmSync(profile, { recursive: true, force: true })
})

async function signIn(page: Page, key: string): Promise<void> {
  await page.getByLabel('Master key or virtual key').fill(key)
  await page.getByRole('button', { name: 'Sign in' }).click()
}

async function made(path: string, body: object): Promise<{ readonly key: string }> {
  const request = { method: 'POST', headers: bearer(MASTER_KEY), body: JSON.stringify(body) }
  const response = await fetch(gateway.url + path, request)
  return JSON.parse(await response.text())
}

async function freshKey(body: object): Promise<string> {
  return (await made('/key/generate', body)).key
}

async function statusOf(key: string): Promise<number> {
  const body = JSON.stringify({ model: 'demo', messages: [{ role: 'user', content: 'Hello' }] })
  const response = await fetch(`${gateway.url}/v1/chat/completions`, { method: 'POST', headers: bearer(key), body })
  return response.status
}

test('a person signs in, makes a key, chats, sees the call, blocks the key and signs out', async () => {
  const page = await browser.newPage()
  await page.goto(`${gateway.url}/ui/`)
  await page.locator('#health.good').waitFor()

  await signIn(page, MASTER_KEY)
  await page.getByRole('heading', { name: 'Keys' }).waitFor()

  await page.getByLabel('Name', { exact: true }).fill('made-by-hand')
  await page.getByLabel('Expires in').fill('1d')
  await page.getByRole('button', { name: 'Make a key' }).click()
  const row = page.locator('#key-table tbody tr').filter({ hasText: 'made-by-hand' })
  await row.getByText('open', { exact: true }).waitFor()
  const key = await page.locator('#secret').inputValue()
  expect(key).toMatch(/^sk-/)
  expect(await statusOf(key)).toBe(200)
  await page.getByRole('button', { name: 'I have it' }).click()
  expect(await page.locator('#secret').inputValue()).toBe('')

  await page.getByLabel('Message').fill('Is anybody there?')
  await page.getByLabel('Message').press('Enter')
  const answer = page.locator('#talk li').nth(1)
  // While it streams, the page has some of the answer and says that there is more to come.
  await answer.locator('[aria-busy="true"]').filter({ hasText: 'Hello' }).waitFor()
  await answer.getByText(/^tokens: \d+ in, \d+ out · call \S+$/).waitFor()
  expect(await answer.textContent()).toContain('You said: “Is anybody there?”')
  expect(await answer.locator('[aria-busy]').count()).toBe(0)

  const call = page.locator('#call-table tbody tr').first()
  await call.getByText('success').waitFor()
  expect(await call.textContent()).toContain('demo')
  expect(await page.locator('#call-table tbody tr').count()).toBe(2)

  await row.getByRole('button', { name: 'Block made-by-hand' }).click()
  await row.getByText('blocked', { exact: true }).waitFor()
  expect(await statusOf(key)).toBe(401)

  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.getByLabel('Master key or virtual key').waitFor()
  expect(await page.locator('#inside').isVisible()).toBe(false)
  const kept = `JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])`
  expect(await page.evaluate(kept)).toBe('[{},{},""]')
  expect(await page.content()).not.toContain(MASTER_KEY)
  await page.close()
  expect(complaints).toEqual([])
})

test('a virtual key sees its own part of the page, and a wrong key none', async () => {
  const page = await browser.newPage()
  await page.goto(`${gateway.url}/ui/`)
  await signIn(page, 'sk-nobody-has-this-key-0123456789abcdef')
  await page.getByRole('alert').waitFor()
  expect(await page.locator('#inside').isVisible()).toBe(false)
  await signIn(page, 'sk-…')
  await page.getByText('This is no key: keys have no spaces, and only plain letters, digits and signs.').waitFor()

  const key = await freshKey({})
  await signIn(page, key)
  await page.getByRole('heading', { name: 'Chat' }).waitFor()
  await page.getByRole('heading', { name: 'Models' }).waitFor()
  // A key sees itself, and of the others nothing.
  await page.getByText('Page 1 of 1, 1 key', { exact: true }).waitFor()
  await page
    .locator('#key-table tbody tr')
    .getByText(`sk-...${key.slice(-4)}`, { exact: true })
    .waitFor()
  await page.close()
})

test('a key that only manages finds the keys, expired ones as well, and no chat', async () => {
  const expiring = await freshKey({ key_alias: 'over', duration: '1s' })
  await expect.poll(() => statusOf(expiring), { timeout: 5_000 }).toBe(401)
  await made('/user/new', { user_id: 'manager', user_role: 'proxy_admin', auto_create_key: false })
  const key = await freshKey({ key_type: 'management', user_id: 'manager' })
  const page = await browser.newPage()
  await page.goto(`${gateway.url}/ui/`)
  await signIn(page, key)
  await page.getByRole('heading', { name: 'Keys' }).waitFor()
  await page.locator('#model-table tbody').getByText('demo').first().waitFor()
  expect(await page.getByRole('heading', { name: 'Chat' }).isVisible()).toBe(false)
  expect(await page.locator('#problem').isVisible()).toBe(false)
  const over = page.locator('#key-table tbody tr').filter({ hasText: 'over' })
  await over.getByText('expired', { exact: true }).waitFor()
  await page.close()
})

test('what the page may not do is seen by these tests', async () => {
  const page = await browser.newPage()
  await page.goto(`${gateway.url}/ui/`)
  await page.evaluate(`document.body.append(Object.assign(new Image(), { src: 'http://127.0.0.1:9/x.png' }))`)
  await expect.poll(() => complaints.filter((said) => said.startsWith('policy: img-src'))).toHaveLength(1)
  await page.close()
})
