import Fastify from 'fastify'
import { expect, test } from 'vitest'
import { consoleRoutes } from './console.routes.ts'

test('S-24 S-25 the console is static, has no inline script or style, and lets nobody frame it', async () => {
  const app = Fastify()
  await consoleRoutes(app)
  const page = await app.inject('/ui/')
  expect(page.statusCode).toBe(200)
  expect(page.headers['content-security-policy']).toContain("default-src 'none'")
  expect(page.headers['content-security-policy']).not.toContain('unsafe')
  expect(page.headers['x-content-type-options']).toBe('nosniff')
  expect(page.body).not.toMatch(/<script(?![^>]*src=)|<style|\son\w+=|style=/)

  const script = await app.inject('/ui/console.js')
  expect(script.headers['content-type']).toContain('javascript')
  expect(script.body).not.toMatch(/innerHTML|insertAdjacentHTML|localStorage|sessionStorage|document\.cookie/)
  expect((await app.inject('/ui/console.css')).statusCode).toBe(200)
  expect((await app.inject('/')).headers.location).toBe('/ui/')
})
