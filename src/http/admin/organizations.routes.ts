import type { FastifyInstance } from 'fastify'
import {
  organizationMemberAddBody,
  organizationMemberDeleteBody,
  organizationMemberUpdateBody,
} from '../../contract/members.ts'
import {
  organizationDeleteBody,
  organizationInfoBody,
  organizationInfoQuery,
  organizationListQuery,
  organizationNewBody,
  organizationUpdateBody,
} from '../../contract/organizations.ts'
import { createOrganization, updateOrganization } from '../../manage/organizations/change-organizations.ts'
import { deleteOrganizations } from '../../manage/organizations/delete-organizations.ts'
import { decideDirectoryFields } from '../../manage/directory-fields.ts'
import {
  addOrganizationMembers,
  removeOrganizationMember,
  updateOrganizationMember,
} from '../../manage/organizations/organization-members.ts'
import type { ManagePorts } from '../../manage/ports.ts'
import { viewUsers } from '../../manage/teams/view-members.ts'
import {
  listOrganizations,
  readOrganizations,
  viewOrganization,
} from '../../manage/organizations/view-organizations.ts'
import type { OrganizationMemberDetail } from '../../manage/organizations/view-organizations.ts'
import type { UserId } from '../../domain/ids.ts'
import { NO_MONEY } from '../../domain/money.ts'
import { granted } from '../route.ts'
import type { EdgePorts, Method, PlainAsk } from '../route.ts'
import { LongList } from '../wire/long-list.ts'
import { askOf, readJson, schemaRoute, shaped, shapedQuery } from './read-ask.ts'
import type { DescribedRoute } from './read-ask.ts'
import { renderMemberUser } from './render-member-user.ts'
import { renderOrganization, renderOrganizationMember, renderWholeOrganization } from './render-organization.ts'

type Answer = (ask: PlainAsk) => Promise<object>

/** The management API of organisations and who belongs to them. */
export function organizationRoutes(app: FastifyInstance, edge: EdgePorts, ports: ManagePorts): void {
  const now = () => ports.clock.now()

  route('POST', '/organization/new', 'Make an organization', { body: organizationNewBody }, async (ask) => {
    const body = granted(decideDirectoryFields(await readJson(ask), 'organization', 'create'))
    const row = granted(await createOrganization(shaped(organizationNewBody, body), askOf(ask), ports))
    return renderOrganization(await viewOrganization(row, ports))
  })

  route('PATCH', '/organization/update', 'Change an organization', { body: organizationUpdateBody }, async (ask) => {
    const body = granted(decideDirectoryFields(await readJson(ask), 'organization', 'update'))
    const { organizationId, wish } = shaped(organizationUpdateBody, body)
    const row = granted(await updateOrganization(organizationId, wish, askOf(ask), ports))
    return renderWholeOrganization(await viewOrganization(row, ports), now())
  })

  route('DELETE', '/organization/delete', 'Delete organizations', { body: organizationDeleteBody }, async (ask) => {
    const { organizationIds } = shaped(organizationDeleteBody, await readJson(ask))
    const rows = granted(await deleteOrganizations(organizationIds, askOf(ask), ports))
    const spend = await ports.ledger.spendOf(
      'organization',
      rows.map(({ id }) => id),
    )
    return rows.map((organization) =>
      renderOrganization({
        organization,
        budget: undefined,
        spend: spend.get(organization.id) ?? NO_MONEY,
        members: [],
        teams: [],
      }),
    )
  })

  route('GET', '/organization/list', 'List organizations', { query: organizationListQuery }, async (ask) => {
    const views = await listOrganizations(shapedQuery(organizationListQuery, ask.request), askOf(ask), ports)
    return LongList.begin(views, (view) => renderWholeOrganization(view, now()))
  })

  route('GET', '/organization/info', 'Look at an organization', { query: organizationInfoQuery }, async (ask) => {
    const { organizationId } = shapedQuery(organizationInfoQuery, ask.request)
    const [rendered] = await look([organizationId], ask)
    return rendered ?? {}
  })

  route('POST', '/organization/info', 'Look at organizations', { body: organizationInfoBody }, async (ask) => {
    const { organizationIds } = shaped(organizationInfoBody, await readJson(ask))
    return look(organizationIds, ask)
  })

  const add = { body: organizationMemberAddBody }
  route('POST', '/organization/member_add', 'Add members to an organization', add, async (ask) => {
    const asked = askOf(ask)
    const order = shaped(organizationMemberAddBody, await readJson(ask))
    const { organizationId, added } = granted(await addOrganizationMembers(order, asked, ports))
    const users = await viewUsers(added, asked, ports)
    const details = await detailsOf(organizationId, added, ask)
    return {
      organization_id: organizationId,
      updated_users: users.map((user) => renderMemberUser(user, now())),
      updated_organization_memberships: details.map((detail) => renderOrganizationMember(detail, now())),
    }
  })

  const change = { body: organizationMemberUpdateBody }
  route('PATCH', '/organization/member_update', 'Change a member of an organization', change, async (ask) => {
    const wish = shaped(organizationMemberUpdateBody, await readJson(ask))
    const { organizationId, userId } = granted(await updateOrganizationMember(wish, askOf(ask), ports))
    const [detail] = await detailsOf(organizationId, [userId], ask)
    return detail === undefined ? {} : renderOrganizationMember(detail, now())
  })

  const remove = { body: organizationMemberDeleteBody }
  route('DELETE', '/organization/member_delete', 'Remove a member from an organization', remove, async (ask) => {
    const named = shaped(organizationMemberDeleteBody, await readJson(ask))
    const { organizationId, userId, role } = granted(await removeOrganizationMember(named, askOf(ask), ports))
    return { organization_id: organizationId, user_id: userId, user_role: role }
  })

  async function look(ids: readonly string[], ask: PlainAsk): Promise<readonly object[]> {
    const views = granted(await readOrganizations(ids, askOf(ask), ports))
    return views.map((view) => renderWholeOrganization(view, now()))
  }

  async function detailsOf(
    organizationId: string,
    users: readonly UserId[],
    ask: PlainAsk,
  ): Promise<readonly OrganizationMemberDetail[]> {
    const [view] = granted(await readOrganizations([organizationId], askOf(ask), ports))
    return (view?.members ?? []).filter(({ member }) => users.includes(member.userId))
  }

  function route(
    method: Method,
    path: string,
    summary: string,
    takes: Pick<DescribedRoute, 'body' | 'query'>,
    answer: Answer,
  ): void {
    schemaRoute(app, edge, { method, paths: [path], summary, ...takes, answer })
  }
}
