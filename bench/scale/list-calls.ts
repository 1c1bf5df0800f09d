import type { ScaleSize } from './fill-store.ts'

/** Who asks. Each but the administrator with a personal key, so that the caller's role is the owner's. */
export type Caller = 'admin' | 'org admin' | 'team admin' | 'user'

export interface ListCall {
  readonly caller: Caller
  /** `{self}`: the caller's number. */
  readonly path: string
  /** The whole of it by the compatible API's definition: as long as the company is large. */
  readonly isWhole?: true
}

/** The number of a user who administers the organisation of that number, the team of that number, or neither. */
export function userOf(
  caller: Exclude<Caller, 'admin'>,
  { organizations, teams }: Pick<ScaleSize, 'organizations' | 'teams'>,
): number {
  const numbers = { 'org admin': 8, 'team admin': organizations + 7, user: teams + 1 } as const
  return numbers[caller]
}

const IN_RANGE = 'start_date=2026-01-01%2000:00:00&end_date=2026-02-01%2000:00:00'

const MONTH = 'start_date=2026-01-01&end_date=2026-01-31'

const ADMIN: readonly string[] = [
  '/key/list?return_full_object=true&size=100',
  '/key/list?return_full_object=true&size=100&page=900',
  '/key/list?return_full_object=true&size=100&expand=user',
  '/key/list?size=100&sort_by=created_at&sort_order=asc&page=500',
  '/key/list?size=100&sort_by=updated_at',
  '/key/list?size=100&sort_by=spend',
  '/key/list?size=100&sort_by=spend&page=500',
  '/key/list?size=100&sort_by=max_budget',
  '/key/list?size=100&sort_by=token&page=500',
  '/key/list?size=100&sort_by=key_alias',
  '/key/list?size=100&sort_by=key_alias&page=500',
  '/key/list?size=100&key_alias=e%20abc1',
  '/key/list?size=100&key_alias=service',
  '/key/list?size=100&key_alias=nowhere',
  '/key/list?size=100&user_id=user-77',
  '/key/list?size=100&team_id=team-7',
  '/key/list?size=100&organization_id=org-7',
  '/key/list?size=100&status=deleted',
  '/key/aliases?size=100&page=900',
  '/key/aliases?size=100&search=abc1',
  '/user/list?page_size=100',
  '/user/list?page_size=100&page=90',
  '/user/list?page_size=100&sort_by=spend&sort_order=desc',
  '/user/list?page_size=100&sort_by=user_email',
  '/user/list?page_size=100&sort_by=user_role&page=50',
  '/user/list?page_size=100&role=internal_user',
  '/user/list?page_size=100&user_ids=r-77',
  '/user/list?page_size=100&user_email=PERSON.ABC',
  '/user/list?page_size=100&team=team-7',
  '/user/list?page_size=100&organization_ids=org-7',
  '/user/filter/ui?user_email=abc',
  '/user/available_users',
  '/v2/team/list?page_size=100',
  '/v2/team/list?page_size=100&page=9',
  '/v2/team/list?page_size=100&sort_by=spend',
  '/v2/team/list?page_size=100&sort_by=team_alias',
  '/v2/team/list?page_size=100&team_alias=ABC',
  '/v2/team/list?page_size=100&organization_id=org-7',
  '/v2/team/list?page_size=100&user_id=user-77',
  '/audit?page_size=100',
  '/audit?page_size=100&page=150',
  '/audit?page_size=100&changed_by=user-77',
  '/audit?page_size=100&object_type=LiteLLM_VerificationToken&action=updated',
  '/audit?page_size=100&object_id=nowhere',
  '/audit?page_size=100&start_date=2026-01-05&end_date=2026-01-06',
  `/spend/logs/v2?page_size=100&${IN_RANGE}`,
  `/spend/logs/v2?page_size=100&page=1500&${IN_RANGE}`,
  `/spend/logs/v2?page_size=100&sort_by=spend&${IN_RANGE}`,
  `/spend/logs/v2?page_size=100&sort_by=endTime&${IN_RANGE}`,
  `/spend/logs/v2?page_size=100&user_id=user-77&${IN_RANGE}`,
  `/spend/logs/v2?page_size=100&team_id=team-7&${IN_RANGE}`,
  `/spend/logs/v2?page_size=100&status_filter=failure&${IN_RANGE}`,
  `/spend/logs/v2?page_size=100&model=mock-bench&${IN_RANGE}`,
  `/spend/logs/v2?page_size=100&model_id=d&${IN_RANGE}`,
  `/spend/logs/v2?page_size=100&session_id=nowhere&${IN_RANGE}`,
  '/spend/logs?request_id=request-4711',
  '/spend/logs?user_id=user-77&start_date=2026-01-01&end_date=2026-02-01',
  '/user/daily/activity?start_date=2026-01-30&end_date=2026-01-30',
  '/user/daily/activity?page_size=1000&start_date=2026-01-30&end_date=2026-01-30',
  `/user/daily/activity?page_size=1000&${MONTH}`,
  `/user/daily/activity?page_size=1000&page=150&${MONTH}`,
  `/user/daily/activity?page_size=1000&user_id=user-77&${MONTH}`,
  `/user/daily/activity?page_size=1000&model=mock-bench&${MONTH}`,
  `/team/daily/activity?page_size=1000&team_ids=team-7,team-8&${MONTH}`,
  `/customer/daily/activity?page_size=1000&${MONTH}`,
  `/global/spend/keys?limit=10&${MONTH}`,
  `/global/spend/models?limit=10&${MONTH}`,
  '/budget/list',
  '/tag/list',
]

const WHOLE: readonly string[] = [
  '/key/aliases',
  '/spend/logs',
  '/spend/logs?start_date=2026-01-01&end_date=2026-02-01',
  `/user/daily/activity/aggregated?${MONTH}`,
  '/team/list',
  '/team/list?organization_id=org-7',
  '/team/list?user_id=user-77',
  '/organization/list',
  '/organization/list?org_alias=sation%207',
  '/customer/list',
]

const SCOPED: readonly string[] = [
  '/key/list?return_full_object=true&size=100',
  '/key/list?size=100&include_team_keys=true&sort_by=spend',
  '/key/aliases',
  `/spend/logs/v2?page_size=100&${IN_RANGE}`,
  `/user/daily/activity?page_size=1000&${MONTH}`,
]

const OF_ORGANIZATION: readonly string[] = [
  ...SCOPED,
  '/key/list?size=100&organization_id=org-8',
  '/user/list?page_size=100',
  '/user/list?page_size=100&sort_by=spend&sort_order=desc&page=2',
  '/user/list?page_size=100&user_email=abc',
  '/user/filter/ui?user_email=abc',
  '/v2/team/list?page_size=100',
  '/v2/team/list?page_size=100&sort_by=spend',
]

const OF_TEAM: readonly string[] = [
  ...SCOPED,
  '/key/list?size=100&team_id=team-{self}',
  '/user/list?page_size=100',
  '/user/list?page_size=100&sort_by=spend&sort_order=desc',
  '/user/filter/ui?user_email=abc',
  '/v2/team/list?page_size=100',
]

const by = (caller: Caller, paths: readonly string[]): readonly ListCall[] => paths.map((path) => ({ caller, path }))
const whole = (caller: Caller, paths: readonly string[]): readonly ListCall[] =>
  paths.map((path) => ({ caller, path, isWhole: true }))

export const LIST_CALLS: readonly ListCall[] = [
  ...by('admin', ADMIN),
  ...whole('admin', WHOLE),
  ...by('org admin', OF_ORGANIZATION),
  ...whole('org admin', ['/team/list', '/organization/list']),
  ...by('team admin', OF_TEAM),
  ...whole('team admin', ['/team/list']),
  ...by('user', [...SCOPED, '/v2/team/list?page_size=100&user_id=user-{self}']),
  ...whole('user', ['/team/list?user_id=user-{self}']),
]
