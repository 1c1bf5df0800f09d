/** What a team may let its plain members do, beside what their role lets them do anyway. */
export const MEMBER_PERMISSIONS: readonly string[] = [
  '/key/generate',
  '/key/update',
  '/key/delete',
  '/key/regenerate',
  '/key/service-account/generate',
  '/key/{key_id}/regenerate',
  '/key/block',
  '/key/unblock',
  '/key/bulk_update',
  '/key/{key_id}/reset_spend',
  '/key/info',
  '/key/health',
  '/key/list',
  '/key/aliases',
  '/team/daily/activity',
  '/spend/logs',
]

export function findUnknownPermission(permissions: readonly string[]): string | undefined {
  return permissions.find((each) => !MEMBER_PERMISSIONS.includes(each))
}
