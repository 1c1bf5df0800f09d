import { readFile } from 'node:fs/promises'
import type { FastifyInstance } from 'fastify'
import { SAFE_HEADERS } from '../wire/render-problem.ts'

/** Beside `src` and `dist` alike. */
const FOLDER = new URL('../../../ui/', import.meta.url)

const FILES = [
  { url: '/ui/', name: 'index.html', type: 'text/html; charset=utf-8' },
  { url: '/ui/console.css', name: 'console.css', type: 'text/css; charset=utf-8' },
  { url: '/ui/console.js', name: 'console.js', type: 'text/javascript; charset=utf-8' },
] as const

const HEADERS: Readonly<Record<string, string>> = {
  ...SAFE_HEADERS,
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; object-src 'none'; require-trusted-types-for 'script'",
  'cross-origin-opener-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
}

/** The console's static files. They hold nothing secret: what they show comes from the API, with the key that is pasted. */
export async function consoleRoutes(app: FastifyInstance): Promise<void> {
  const config = { needs: 'nothing' } as const
  for (const { url, name, type } of FILES) {
    const content = await readFile(new URL(name, FOLDER))
    app.get(url, { config }, async (_request, reply) => reply.headers(HEADERS).type(type).send(content))
  }
  app.get('/', { config }, async (_request, reply) => reply.headers(SAFE_HEADERS).redirect('/ui/'))
}
