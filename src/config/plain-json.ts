import type { JsonObject } from '../domain/json.ts'
import { looksLikeSecret, namesSecret } from '../domain/secret-names.ts'
import type { Findings } from './finding.ts'
import type { Located } from './located.ts'
import { aJsonObject } from './readers.ts'
import type { Reader } from './readers.ts'
import { showKey } from './show-name.ts'

/**
 * Free-form members that other people get to see (`/model/info`, a key's metadata) or that are kept as plain values.
 * Credentials are refused in them, by their name, their look or the name of the variable that they came from.
 */
export const plainJson: Reader<JsonObject> = {
  expects: 'a map without secrets',
  read: (node, key, findings) => {
    const value = aJsonObject.read(node, key, findings)
    return value === undefined || refuseSecrets(node, key, '', findings) ? undefined : value
  },
}

/** Whether anything was refused. `name` is the member that holds the node. */
export function refuseSecrets(node: Located, key: string, name: string, findings: Findings): boolean {
  switch (node.kind) {
    case 'map':
      return [...node.entries]
        .map(([member, entry]) => refuseSecrets(entry.value, `${key}.${showKey(member)}`, member, findings))
        .includes(true)
    case 'list':
      return node.items.map((item, index) => refuseSecrets(item, `${key}[${index}]`, name, findings)).includes(true)
    case 'scalar': {
      if (typeof node.value !== 'string' || node.value === '') return false
      if (!namesSecret(name) && !namesSecret(node.from ?? '') && !looksLikeSecret(node.value)) return false
      const suggestion = 'Credentials go into api_key, extra_headers or credential_list.'
      findings.error(
        node.place,
        key,
        'A secret does not belong here, where it would be kept as plain text.',
        suggestion,
      )
      return true
    }
  }
}
