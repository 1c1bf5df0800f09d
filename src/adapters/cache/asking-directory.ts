import type { Directory, WarmDirectory } from '../../ports/directory.ts'

/** A directory that knows nothing by itself: every answer is the store's. */
export function askingDirectory(directory: Directory): WarmDirectory {
  return {
    ...directory,
    hasSeenKey: () => false,
    peekKey: ask,
    peekUser: ask,
    peekTeam: ask,
    peekOrganization: ask,
    peekEndUser: ask,
    peekBudget: ask,
    peekTagBudgets: ask,
    peekIdentity: ask,
    peekFormerUser: ask,
    peekUsersByEmail: ask,
    peekUserBySsoSubject: ask,
    peekTeamsByAlias: ask,
    peekOrganizationsByAlias: ask,
    peekKeyMappings: ask,
    peekRevocations: ask,
  }
}

function ask(): 'ask' {
  return 'ask'
}
