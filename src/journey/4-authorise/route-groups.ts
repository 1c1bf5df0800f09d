/** Names that stand for several routes in `allowed_routes`. Members are route paths as the route table has them. */
const MODEL_ROUTES = [
  '/chat/completions',
  '/v1/chat/completions',
  '/engines/{model}/chat/completions',
  '/openai/deployments/{model}/chat/completions',
  '/completions',
  '/v1/completions',
  '/engines/{model}/completions',
  '/openai/deployments/{model}/completions',
  '/embeddings',
  '/v1/embeddings',
  '/engines/{model}/embeddings',
  '/openai/deployments/{model}/embeddings',
  '/moderations',
  '/v1/moderations',
  '/models',
  '/v1/models',
  '/models/{model}',
  '/v1/models/{model}',
  '/responses',
  '/v1/responses',
  '/openai/v1/responses',
  '/responses/{response_id}',
  '/v1/responses/{response_id}',
  '/responses/{response_id}/input_items',
  '/v1/responses/{response_id}/input_items',
  '/responses/{response_id}/cancel',
  '/v1/responses/{response_id}/cancel',
] as const

const INFO_ROUTES = [
  '/key/info',
  '/key/list',
  '/model/info',
  '/v1/model/info',
  '/v2/model/info',
  '/model_group/info',
  '/models',
  '/v1/models',
] as const

const KEY_ROUTES = [
  '/key/generate',
  '/key/update',
  '/key/delete',
  '/key/info',
  '/key/regenerate',
  '/key/{key}/regenerate',
  '/key/list',
  '/key/block',
  '/key/unblock',
  '/spend/logs',
] as const

export const ROUTE_GROUPS: ReadonlyMap<string, readonly string[]> = new Map<string, readonly string[]>([
  ['llm_api_routes', MODEL_ROUTES],
  ['openai_routes', MODEL_ROUTES],
  ['anthropic_routes', []],
  ['info_routes', INFO_ROUTES],
  ['key_management_routes', KEY_ROUTES],
  ['management_routes', [...KEY_ROUTES, '/model/info', '/v1/model/info']],
  ['spend_tracking_routes', ['/spend/logs']],
])
