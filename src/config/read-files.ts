import { basename, dirname, isAbsolute, join, resolve } from 'node:path'
import type { Findings, Place } from './finding.ts'
import { isAbsent, kindOf } from './located.ts'
import type { LocatedMap } from './located.ts'
import { mergeFiles } from './merge-files.ts'
import { parseYaml } from './parse-yaml.ts'
import type { ReadText, TextFile } from './read-text-file.ts'
import { looksLikeSecret } from '../domain/secret-names.ts'

/** The main file and everything that it includes, as one map. Undefined when the main file cannot be used at all. */
export function readFiles(main: string, readText: ReadText, findings: Findings): LocatedMap | undefined {
  const seen = new Set<string>()
  const files: LocatedMap[] = []

  const visit = (path: string, from: Place, key: string): void => {
    const identity = resolve(path)
    if (seen.has(identity)) {
      findings.error(from, key, 'This file is included twice, or includes itself.', 'Remove one of the two.')
      return
    }
    seen.add(identity)
    const file = readMap(path, from, key, readText, findings)
    if (file === undefined) return
    files.push(file)
    for (const included of readIncludes(file, findings)) {
      visit(
        isAbsolute(included.path) ? included.path : join(dirname(main), included.path),
        included.place,
        included.key,
      )
    }
  }

  visit(main, { file: main }, '')
  return files.length === 0 ? undefined : mergeFiles(files, findings)
}

function readMap(
  path: string,
  from: Place,
  key: string,
  readText: ReadText,
  findings: Findings,
): LocatedMap | undefined {
  const file = readText(path)
  if (file.is !== 'text') {
    const { message, suggestion } = whyNot(file.is, key !== '')
    findings.error(from, key, `${message} (${showPath(path)})`, suggestion)
    return undefined
  }
  const errorsBefore = findings.list().length
  const root = parseYaml(file.text, path, findings)
  if (root === undefined || isAbsent(root)) {
    if (findings.list().length === errorsBefore) findings.warn({ file: path }, '', 'The file is empty.')
    return undefined
  }
  if (root.kind === 'map') return root
  findings.error(root.place, '', `The file must be a map of sections such as model_list; found ${kindOf(root)}.`)
  return undefined
}

function showPath(path: string): string {
  return looksLikeSecret(basename(path)) ? 'a secret in the place of a file name' : path
}

function whyNot(
  is: Exclude<TextFile['is'], 'text'>,
  isIncluded: boolean,
): { readonly message: string; readonly suggestion: string } {
  switch (is) {
    case 'missing':
      return {
        message: 'There is no such file.',
        suggestion: isIncluded
          ? 'Names in `include` begin in the folder of the main file.'
          : 'Check the path given by --config or CONFIG_FILE_PATH.',
      }
    case 'not-a-file':
      return { message: 'This is a directory or a device, not a file.', suggestion: 'Name the YAML file itself.' }
    case 'too-large':
      return { message: 'The file is larger than 1 MiB.', suggestion: 'Split it with `include`.' }
    case 'not-utf-8':
      return { message: 'The file is not UTF-8 text.', suggestion: 'Save it as UTF-8.' }
    case 'unreadable':
      return { message: 'The file cannot be read.', suggestion: 'Check its permissions.' }
  }
}

interface Include {
  readonly path: string
  readonly place: Place
  readonly key: string
}

function readIncludes(file: LocatedMap, findings: Findings): readonly Include[] {
  const node = file.entries.get('include')?.value
  if (node === undefined || isAbsent(node)) return []
  if (node.kind !== 'list') {
    findings.error(node.place, 'include', `Expected a list of file names, found ${kindOf(node)}.`)
    return []
  }
  return node.items.flatMap((item, index) => {
    const key = `include[${index}]`
    if (item.kind === 'scalar' && typeof item.value === 'string' && item.value !== '') {
      return [{ path: item.value, place: item.place, key }]
    }
    findings.error(item.place, key, `Expected a file name, found ${kindOf(item)}.`)
    return []
  })
}
