import type { MeasuredList } from './measure-lists.ts'
import type { ScaleResults, WarmResult, WarmResults } from './measure-scale.ts'

const MOST_MS = 100

export function renderScale(results: readonly ScaleResults[]): string {
  return results.map(renderStore).join('\n')
}

function renderStore({ store, keys, fillMs, warm, lists }: ScaleResults): string {
  const slow = lists.filter(({ p50Ms, isWhole }) => isWhole !== true && p50Ms > MOST_MS).length
  return [
    `${store} store, filled in ${(fillMs / 1000).toFixed(1)} s`,
    '',
    ...(warm === undefined ? [] : [renderCalls(warm, keys)]),
    renderLists(lists),
    `${slow} of ${lists.length} lists take more than ${MOST_MS} ms (those marked w are whole, and not counted)`,
    '',
  ].join('\n')
}

function renderCalls({ loads, rssMib: { few, many } }: WarmResults, keys: number): string {
  const memory = `RSS MiB: ${few.toFixed(0)} with 10 keys, ${many.toFixed(0)} with ${keys.toLocaleString('en')}`
  return [renderWarm(loads), memory, ''].join('\n')
}

function renderWarm(warm: readonly WarmResult[]): string {
  const width = Math.max(...warm.map(({ title }) => title.length))
  const head = `${''.padEnd(width)}${['CPU µs', 'ratio', 'asked'].map((title) => title.padStart(10)).join('')}`
  const lines = warm.map(({ title, cpuUsPerRequest, ratio, askedPerRequest }) => {
    const cells = [cpuUsPerRequest.toFixed(1), ratio.toFixed(2), askedPerRequest?.toFixed(3) ?? '–']
    return `${title.padEnd(width)}${cells.map((cell) => cell.padStart(10)).join('')}`
  })
  return [head, ...lines, ''].join('\n')
}

function renderLists(lists: readonly MeasuredList[]): string {
  const head = ['p50 ms', 'p99 ms', 'first ms', 'head ms', 'CPU ms', 'KiB'].map((title) => title.padStart(9)).join('')
  const lines = lists.map(({ p50Ms, p99Ms, firstMs, headP50Ms, cpuMs, kib, caller, path, isWhole }) => {
    const cells = [p50Ms, p99Ms, firstMs, headP50Ms, cpuMs].map((value) => value.toFixed(1))
    const mark = isWhole === true ? 'w' : p50Ms > MOST_MS ? '!' : ' '
    return `${[...cells, kib.toFixed(0)].map((cell) => cell.padStart(9)).join('')} ${mark} ${caller} ${path}`
  })
  return [head, ...lines].join('\n')
}
