import { COLUMNS } from '../src/domain/access-row.ts'
import type { AccessRow, Cell } from '../src/domain/access-row.ts'
import { ACCESS_TABLE } from '../src/domain/access-table.ts'

/** What goes with a right, by the number that stands behind it in the table. */
const NOTES: ReadonlyMap<number, string> = new Map([
  [1, 'Viewers spend nothing.'],
  [2, 'Objects of others only on a request that says so, which is audited.'],
  [3, 'Personal keys for oneself; keys in a team where that team lets its members; never for another user.'],
  [4, 'As a user, where the operator lets tokens manage keys.'],
  [
    5,
    'One’s own key where it is personal; in a team, what the team lets its members do. Which fields: see the limits.',
  ],
  [6, 'A key may rotate itself if it was made so, and change nothing with it.'],
  [7, 'Itself, or the summary of its own team without what is other members’.'],
  [8, 'Only users all of whose memberships lie in the caller’s organisations; roles up to `internal_user`.'],
  [9, 'The own display name and password.'],
  [10, 'An organisation admin ends memberships instead.'],
  [11, 'Members of the own team: id, alias, e-mail address, role and spend in the team.'],
  [12, 'Budgets and limits stay or become smaller.'],
  [13, 'The team’s name, and one’s own membership and limits in it; not other members’ keys or spend.'],
  [14, 'Joining a team that is open to join, as a plain member, and leaving one.'],
  [16, 'Alias and metadata; no limits, models or budget.'],
  [17, 'Roles in the organisation up to `org_admin`; roles of the proxy stay as they are.'],
  [18, 'What belongs to the own organisation.'],
  [19, 'Models of the team with a credential of the team, where the operator allows them.'],
  [20, 'Name, mode, limits and price; no parameters of the provider.'],
  [21, 'Nothing that runs code or names a destination that the operator has not allowed.'],
  [22, 'Secrets are masked by a text of fixed length.'],
  [23, 'A command on the host, and no route.'],
  [24, 'Where the allow-lists of key and team name the prefix; “all models” does not.'],
  [25, 'Where prompts are kept at all, to those whom the operator named; reading is audited.'],
  [26, 'The view of the organisation is that of scoped spend.'],
  [27, 'As a POST only.'],
  [28, 'Not yet: records do not say in which organisation their object lay.'],
  [29, 'A proposal, without effect until an administrator takes it.'],
  [30, 'Those that apply to own keys and teams: name and mode.'],
  [31, 'To destinations that the operator allows.'],
  [32, 'Except servers that are declared public.'],
  [33, 'The last result that was kept; a new probe is a POST by an administrator.'],
  [34, 'One word; details are for administrators and their viewers.'],
  [35, 'A token for scraping, or a listener of its own, may be configured.'],
  [36, 'A token of the directory that provisions, for the users of that directory.'],
  [37, 'Throttled.'],
  [38, 'Where switched on, and then what is marked public.'],
  [39, 'Open where the operator says so.'],
  [40, 'Diagnostics are taken on the host.'],
  [41, 'The signature of the request is the credential.'],
])

/** The tables of docs/access.md. */
export function describeAccess(): string {
  return [
    line(['row', 'routes', 'effect', ...COLUMNS]),
    line(['---', '---', '---', ...COLUMNS.map(() => '---')]),
    ...ACCESS_TABLE.map(rowLine),
    '',
    line(['note', 'what goes with the right']),
    line(['---', '---']),
    ...[...NOTES].map(([number, text]) => line([String(number), text])),
  ].join('\n')
}

/** Notes without a right that needs them, and rights without their note. */
export function strayNotes(): readonly number[] {
  const cells = ACCESS_TABLE.flatMap(({ cells }) => COLUMNS.map((column) => cells[column].note))
  const used = new Set(cells.filter((note) => note !== undefined))
  return [...[...used].filter((note) => !NOTES.has(note)), ...[...NOTES.keys()].filter((note) => !used.has(note))]
}

function rowLine({ id, routes, writes, cells }: AccessRow): string {
  return line([
    id,
    shownRoutes(routes),
    writes ? 'writes' : 'reads',
    ...COLUMNS.map((column) => shownCell(cells[column])),
  ])
}

/** One line for all paths of a method; both spellings of a path are told once. */
function shownRoutes(routes: AccessRow['routes']): string {
  const paths = new Set(routes.map(({ path }) => path))
  const byPath = Map.groupBy(routes, ({ path }) => path)
  const byVerbs = Map.groupBy(
    [...byPath].filter(([path]) => !path.startsWith('/v1/') || !paths.has(path.slice(3))),
    ([, entries]) => entries.map(({ verb }) => verb).join(' '),
  )
  return [...byVerbs]
    .map(([verbs, entries]) => `${verbs} ${entries.map(([path]) => `\`${shownPath(path, paths)}\``).join(', ')}`)
    .join('; ')
}

function shownPath(path: string, paths: ReadonlySet<string>): string {
  return paths.has(`/v1${path}`) ? `[/v1]${path}` : path
}

function shownCell({ right, note }: Cell): string {
  const shown = right === '-' ? '–' : right
  return note === undefined ? shown : `${shown} ${note}`
}

function line(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`
}
