import { MODEL_ROUTES, PROVIDER_PREFIXES } from './call-routes.ts'
import { GLOBAL_SPEND_ROUTES, INFO_ROUTES, KEY_ROUTES, MANAGEMENT_ROUTES, SPEND_ROUTES } from './management-routes.ts'

/** What roles may call in the compatible API, by its names for that; here the access table decides who may. */
const INTERNAL_VIEWER_ROUTES = [...SPEND_ROUTES, ...GLOBAL_SPEND_ROUTES] as const

const INTERNAL_USER_ROUTES = [
  '/global/activity',
  '/global/activity/model',
  '/models/{model}',
  '/v1/models/{model}',
  ...INTERNAL_VIEWER_ROUTES,
  ...KEY_ROUTES,
] as const

const SELF_MANAGED_ROUTES = [
  '/team/member_add',
  '/team/member_delete',
  '/team/member_update',
  '/team/permissions_list',
  '/team/permissions_update',
  '/team/daily/activity',
  '/model/new',
  '/model/update',
  '/model/delete',
  '/model/{model_id}/update',
  '/user/daily/activity',
  '/user/available_roles',
  '/user/list',
  '/invitation/new',
  '/invitation/delete',
] as const

const ORGANIZATION_ADMIN_ROUTES = [
  '/organization/info',
  '/organization/delete',
  '/organization/member_add',
  '/organization/member_update',
] as const

const ADMIN_VIEWER_ROUTES = [
  '/user/list',
  '/user/available_users',
  '/user/available_roles',
  '/user/daily/activity',
  '/team/daily/activity',
  '/tag/daily/activity',
  '/tag/list',
  '/audit',
  '/audit/{id}',
  '/global/activity',
  '/global/activity/model',
  ...INFO_ROUTES,
] as const

const CONSOLE_ROUTES = [
  '/global/spend',
  '/global/spend/logs',
  '/global/spend/keys',
  '/global/spend/models',
  '/global/spend/tags',
  '/global/activity',
  ...INFO_ROUTES,
] as const

const PUBLIC_ROUTES = [
  '/',
  '/routes',
  '/health/liveliness',
  '/health/liveness',
  '/health/readiness',
  '/metrics',
  '/.well-known/litellm-ui-config',
  '/litellm/.well-known/litellm-ui-config',
] as const

/** Names that stand for several routes in `allowed_routes`. Members are route paths as the route table has them. */
export const ROUTE_GROUPS: ReadonlyMap<string, readonly string[]> = new Map<string, readonly string[]>([
  ['llm_api_routes', [...MODEL_ROUTES, ...PROVIDER_PREFIXES]],
  ['mapped_pass_through_routes', PROVIDER_PREFIXES],
  ['passthrough_routes_wildcard', PROVIDER_PREFIXES],
  ['openai_routes', MODEL_ROUTES],
  ['anthropic_routes', []],
  ['info_routes', INFO_ROUTES],
  ['key_management_routes', KEY_ROUTES],
  ['management_routes', MANAGEMENT_ROUTES],
  ['spend_tracking_routes', SPEND_ROUTES],
  ['global_spend_tracking_routes', GLOBAL_SPEND_ROUTES],
  ['internal_user_routes', INTERNAL_USER_ROUTES],
  ['internal_user_view_only_routes', INTERNAL_VIEWER_ROUTES],
  ['self_managed_routes', SELF_MANAGED_ROUTES],
  ['org_admin_only_routes', ORGANIZATION_ADMIN_ROUTES],
  ['admin_viewer_routes', ADMIN_VIEWER_ROUTES],
  [
    'org_admin_allowed_routes',
    [...ORGANIZATION_ADMIN_ROUTES, ...MANAGEMENT_ROUTES, ...SELF_MANAGED_ROUTES, ...ADMIN_VIEWER_ROUTES],
  ],
  ['ui_routes', CONSOLE_ROUTES],
  ['public_routes', PUBLIC_ROUTES],
])

/** With `/health` in it, which as a POST calls models. */
export const LOOKING_GROUPS: ReadonlySet<string> = new Set(['info_routes', 'admin_viewer_routes', 'ui_routes'])
