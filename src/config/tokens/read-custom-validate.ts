import { dirname, isAbsolute, join, resolve } from 'node:path'
import { JWT } from './known-jwt-auth.ts'
import type { Findings } from '../finding.ts'
import type { ReadText } from '../read-text-file.ts'
import type { Section } from '../section.ts'

const SAY = 'Write the path of an ES module, such as ./validate.mjs, whose default export is a function of the claims.'

/** The file that `custom_validate` names, absolute; it is loaded where the gateway is put together. */
export function readCustomValidate(jwt: Section, readText: ReadText, findings: Findings): string | undefined {
  const text = jwt.take(JWT.customValidate)
  if (text === undefined) return undefined
  const place = jwt.placeOf(JWT.customValidate)
  const key = jwt.pathOf(JWT.customValidate.name)
  const refuse = (message: string): undefined => {
    findings.error(place, key, message, SAY)
    return undefined
  }
  if (/^[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+$/.test(text) && !/\.m?js$/.test(text))
    return refuse('This is the name of a Python function, and Python cannot be run here.')
  if (!/\.m?js$/.test(text)) return refuse('Expected a file whose name ends in .mjs or .js.')

  const path = isAbsolute(text) ? text : join(dirname(place.file ?? ''), text)
  switch (readText(path).is) {
    case 'text':
      return resolve(path)
    case 'missing':
      return refuse('There is no such file.')
    case 'not-a-file':
      return refuse('This is a directory, not a file.')
    case 'too-large':
    case 'not-utf-8':
    case 'unreadable':
      return refuse('The file cannot be read as a module.')
  }
}
