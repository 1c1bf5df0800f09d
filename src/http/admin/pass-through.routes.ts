import type { FastifyInstance } from 'fastify'
import { passThroughQuery } from '../../contract/model-calls.ts'
import type { PassThrough } from '../../domain/pass-through.ts'
import { roleOf } from '../../domain/principal.ts'
import { isViewer } from '../../domain/role.ts'
import { isCredential } from '../../journey/7-provider/pass-through/write-query.ts'
import { MASK } from '../../manage/models/mask-params.ts'
import { plainRoute } from '../route.ts'
import type { EdgePorts } from '../route.ts'
import { readQuery } from '../wire/read-query.ts'

/** The endpoints of the file, for those who may look at everything. They are changed there and nowhere else. */
export function passThroughDefinitionRoutes(app: FastifyInstance, edge: EdgePorts): void {
  const { passThroughs } = edge
  plainRoute(app, edge, {
    method: 'GET',
    paths: ['/config/pass_through_endpoint'],
    summary: 'List the pass-through endpoints of the configuration',
    query: passThroughQuery,
    answer: async ({ principal, request }) => {
      const wanted = readQuery(request).get('endpoint_id')
      const shown = passThroughs.filter(
        ({ path, isBuiltIn }) => !isBuiltIn && (wanted === undefined || wanted === path),
      )
      // Z-25: where calls go is for those who may change it.
      const showsTarget = !isViewer(roleOf(principal))
      return { endpoints: shown.map((endpoint) => renderEndpoint(endpoint, showsTarget)) }
    },
  })
}

function renderEndpoint(endpoint: PassThrough, showsTarget: boolean): object {
  const { path, origin, basePath, headers, query, credential, prices } = endpoint
  const userKey = credential.header === undefined ? {} : { litellm_user_api_key: credential.header }
  return {
    id: path,
    path,
    target: showsTarget ? origin + basePath : MASK,
    headers: { ...Object.fromEntries([...headers.keys()].map((name) => [name, MASK])), ...userKey },
    default_query_params: Object.fromEntries(
      [...query].map(([name, value]) => [name, isCredential(name) ? MASK : value.reveal()]),
    ),
    forward_headers: endpoint.clientHeaders.names === 'all',
    include_subpath: endpoint.takesSubpaths,
    methods: endpoint.methods,
    auth: endpoint.asksWho,
    cost_per_request: prices.get('input_cost_per_request') ?? (prices.size === 0 ? null : 0),
    guardrails: null,
    is_from_config: true,
  }
}
