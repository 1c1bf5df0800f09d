import { nearestName } from '../../config/nearest-name.ts'
import { Problem } from '../../domain/problem.ts'
import { shown } from '../../domain/shown-text.ts'
import { operationOf } from '../../journey/1-intake/operation-paths.ts'
import type { Operation } from '../../journey/1-intake/operations.ts'
import type { ApiRoute } from '../route.ts'

export interface NamedRoute {
  readonly route: ApiRoute
  readonly operation: Operation | undefined
  /** The model that stands in the path. */
  readonly pathModel: string | undefined
}

/** The route that a caller means: by its path as it is called, or as the route table has it. */
export function findRoute(
  routes: readonly ApiRoute[],
  method: string | undefined,
  written: string,
): NamedRoute | undefined {
  const path = pathOf(written)
  const ofMethod = routes.filter((route) => method === undefined || route.method === method.toUpperCase())
  const exact = ofMethod.filter((route) => route.path === path)
  const [route] = exact.length > 0 ? preferred(exact) : preferred(ofMethod.filter((each) => matches(each.path, path)))
  if (route === undefined) return undefined
  const operation = operationOf(route.path)
  const inPath = route.path === path ? undefined : patternOf(route.path).exec(path)?.groups?.['model']
  return { route, operation, pathModel: inPath }
}

/** As calls are matched: a slash at the end says nothing. */
function pathOf(written: string): string {
  const [path = ''] = written.split('?')
  return path.replace(/(?<=.)\/$/, '')
}

/** Where a path can be called in several ways and none is said: as models are called, then to look. */
function preferred(routes: readonly ApiRoute[]): readonly ApiRoute[] {
  return ['POST', 'GET', 'PUT', 'PATCH', 'DELETE'].flatMap((method) => routes.filter((each) => each.method === method))
}

function matches(template: string, path: string): boolean {
  return template.includes('{') && patternOf(template).test(path)
}

/** A model's name may hold slashes. */
function patternOf(template: string): RegExp {
  const source = template
    .split(/\{([a-z_]+)\}/)
    .map((part, at) => (at % 2 === 0 ? part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&') : groupOf(part)))
  return new RegExp(`^${source.join('')}$`)
}

function groupOf(name: string): string {
  return name === 'model' ? '(?<model>.+)' : '[^/]+'
}

/** There is none, and what may have been meant. */
export function unknownRoute(routes: readonly ApiRoute[], method: string | undefined, written: string): Problem {
  const path = pathOf(written)
  const others = routes.filter((route) => route.path === path).map((route) => `${route.method} ${path}`)
  const nearest = others[0] ?? nearestName(path, new Set(routes.map((route) => route.path)))
  const hint = nearest === undefined ? 'GET /routes lists them.' : `Did you mean ${nearest}?`
  return new Problem(
    'route-unknown',
    `There is no route ${method === undefined ? '' : `${method} `}${shown(path)}. ${hint}`,
  )
}
