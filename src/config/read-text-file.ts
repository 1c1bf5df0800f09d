import { readFileSync, statSync } from 'node:fs'
import { MAX_YAML_BYTES } from './parse-yaml.ts'

export type ReadText = (path: string) => TextFile

export type TextFile =
  | { readonly is: 'text'; readonly text: string }
  | { readonly is: 'missing' | 'not-a-file' | 'too-large' | 'not-utf-8' | 'unreadable' }

export function readTextFile(path: string): TextFile {
  try {
    const status = statSync(path, { throwIfNoEntry: false })
    if (status === undefined) return { is: 'missing' }
    // What a shell makes of `<(…)` is a pipe, whose size nobody knows before its end.
    if (!status.isFile() && !status.isFIFO()) return { is: 'not-a-file' }
    if (status.size > MAX_YAML_BYTES) return { is: 'too-large' }
    const bytes = readFileSync(path)
    if (bytes.byteLength > MAX_YAML_BYTES) return { is: 'too-large' }
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    return { is: 'text', text }
  } catch (fault) {
    return { is: fault instanceof TypeError ? 'not-utf-8' : 'unreadable' }
  }
}
