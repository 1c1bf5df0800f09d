import type { JsonObject } from '../../../domain/json.ts'
import { storableJson, storableText } from '../../../domain/storable-text.ts'
import type { StoredCredential } from '../../../domain/stored-credential.ts'
import type { RowKind } from './sql-rows.ts'
import { stampColumnsOf, stampsOf } from './stamp-columns.ts'
import type { StampColumns } from './stamp-columns.ts'

interface CredentialColumns extends StampColumns {
  readonly name: string
  readonly sealed_values: string
  readonly info: JsonObject
}

export const credentialKind: RowKind<StoredCredential, string, CredentialColumns> = {
  table: 'credential',
  id: 'name',
  idOf: (credential) => credential.name,
  read: (row) => ({ name: row.name, sealedValues: row.sealed_values, info: row.info, ...stampsOf(row) }),
  write: (credential) => ({
    name: storableText(credential.name),
    sealed_values: credential.sealedValues,
    info: storableJson(credential.info),
    ...stampColumnsOf(credential),
  }),
}
