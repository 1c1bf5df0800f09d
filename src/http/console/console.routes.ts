import { readFile } from 'node:fs/promises'
import type { FastifyInstance } from 'fastify'
import type { Pages } from '../../config/settings.ts'
import { SAFE_HEADERS } from '../wire/render-problem.ts'

/** Beside `src` and `dist` alike. */
const UI_FOLDER = new URL('../../../ui/', import.meta.url)

const SCRIPT = 'text/javascript; charset=utf-8'
const SHARED = [
  { url: '/ui/console.css', name: 'console.css', type: 'text/css; charset=utf-8' },
  { url: '/ui/gateway.js', name: 'gateway.js', type: SCRIPT },
  { url: '/ui/page.js', name: 'page.js', type: SCRIPT },
] as const
const CONSOLE = [
  { url: '/ui/console.js', name: 'console.js', type: SCRIPT },
  { url: '/ui/chat.js', name: 'chat.js', type: SCRIPT },
  { url: '/ui/keys.js', name: 'keys.js', type: SCRIPT },
] as const
const DOCS = [
  { url: '/ui/docs.html', name: 'docs.html', type: 'text/html; charset=utf-8' },
  { url: '/ui/docs.js', name: 'docs.js', type: SCRIPT },
] as const

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "object-src 'none'",
  "require-trusted-types-for 'script'",
]

/** What the page could ask a browser for. It may write to the clipboard, for the copy button, and nothing else. */
const DENIED = [
  'accelerometer',
  'autoplay',
  'camera',
  'clipboard-read',
  'display-capture',
  'encrypted-media',
  'fullscreen',
  'geolocation',
  'gyroscope',
  'hid',
  'idle-detection',
  'local-fonts',
  'magnetometer',
  'microphone',
  'midi',
  'payment',
  'picture-in-picture',
  'publickey-credentials-create',
  'publickey-credentials-get',
  'screen-wake-lock',
  'serial',
  'storage-access',
  'usb',
  'xr-spatial-tracking',
]

export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  ...SAFE_HEADERS,
  'content-security-policy': POLICY.join('; '),
  'cross-origin-opener-policy': 'same-origin',
  'permissions-policy': [...DENIED.map((feature) => `${feature}=()`), 'clipboard-write=(self)'].join(', '),
}

const USUAL_HEADER = '<meta name="key-header" content="authorization" />'

/** A page, told in which header the gateway looks for keys. */
export async function readPage(name: string, keyHeader: string | undefined): Promise<string> {
  const page = await readFile(new URL(name, UI_FOLDER), 'utf8')
  if (keyHeader === undefined) return page
  return page.replace(USUAL_HEADER, () => `<meta name="key-header" content="${keyHeader.replaceAll('&', '&amp;')}" />`)
}

/** The console's static files. They hold nothing secret: what they show comes from the API, with the key that is pasted. */
export async function consoleRoutes(
  app: FastifyInstance,
  served: Pick<Pages, 'console' | 'docs'>,
  keyHeader: string | undefined,
): Promise<void> {
  const config = { needs: 'nothing' } as const
  const files = [
    ...(served.console || served.docs ? SHARED : []),
    ...(served.console ? CONSOLE : []),
    ...(served.docs ? DOCS : []),
  ]
  for (const { url, name, type } of files) {
    const content = name.endsWith('.html') ? await readPage(name, keyHeader) : await readFile(new URL(name, UI_FOLDER))
    app.get(url, { config }, async (_request, reply) => reply.headers(PAGE_HEADERS).type(type).send(content))
  }
  if (!served.console) return

  const page = await readPage('index.html', keyHeader)
  app.get('/ui/', { config }, async (request, reply) => {
    // The server takes both spellings for one route; a page has one address.
    if (!request.url.startsWith('/ui/')) return reply.headers(SAFE_HEADERS).redirect('/ui/')
    return reply.headers(PAGE_HEADERS).type('text/html; charset=utf-8').send(page)
  })
  app.get('/', { config }, async (_request, reply) => reply.headers(SAFE_HEADERS).redirect('/ui/'))
}
