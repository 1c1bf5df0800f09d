import { describe, expect, test } from 'vitest'
import { loadYaml, settingsOf } from '../../test/support/load-yaml.ts'
import { buildDeployments } from './build-deployments.ts'
import { createSeal } from '../adapters/crypto/sealer.ts'
import { EgressGuard } from '../adapters/outbound-http/egress-guard.ts'
import type { AccessGroup } from '../domain/access-group.ts'
import type { Deployment } from '../domain/deployment.ts'
import { epochMs } from '../domain/ids.ts'
import type { JsonObject } from '../domain/json.ts'
import { Secret } from '../domain/secret.ts'
import { stampedNew } from '../domain/stamps.ts'
import type { StoredCredential } from '../domain/stored-credential.ts'
import type { StoredModel } from '../domain/stored-model.ts'
import { sealParams, sealValues } from '../manage/models/stored-secrets.ts'
import { CatalogueReader } from './read-catalogue.ts'
import { createModelReader } from './read-stored-model.ts'

const SEAL = createSeal([new Secret('a-salt-key-0123456789')], '')
const STAMPS = stampedNew('test', epochMs(0))

function row(id: string, params: JsonObject = {}, seal = SEAL): StoredModel {
  const sealedParams = sealParams({ model: 'openai/x', ...params }, id, seal)
  return { id, modelName: id, publicName: id, teamId: undefined, sealedParams, info: {}, blocked: false, ...STAMPS }
}

function credential(values: JsonObject): StoredCredential {
  return { name: 'shared', sealedValues: sealValues(values, 'shared', SEAL), info: {}, ...STAMPS }
}

function configuredOf(yaml: string): readonly Deployment[] {
  return buildDeployments(loadYaml(yaml)).deployments
}

class Shelf {
  models: readonly StoredModel[] = []
  credentials: readonly StoredCredential[] = []
  groups: readonly AccessGroup[] = []
  readonly reader: CatalogueReader

  constructor(yaml = 'general_settings: { store_model_in_db: true }') {
    const settings = settingsOf(yaml)
    const models = createModelReader(settings, new EgressGuard([]))
    const store = {
      readAccessGroups: async () => this.groups,
      readModels: async () => this.models,
      readCredentials: async () => this.credentials,
    }
    this.reader = new CatalogueReader(settings, configuredOf(yaml), store, SEAL, models)
  }
}

describe('the catalogue of configuration and store', () => {
  test('gives back the same deployment until something that it is made of changes', async () => {
    const shelf = new Shelf()
    shelf.models = [row('a', { litellm_credential_name: 'shared' }), row('b')]
    shelf.credentials = [credential({ api_key: 'sk-one' })]
    const first = (await shelf.reader.read()).catalogue
    const second = (await shelf.reader.read()).catalogue
    expect(second.deployment('a')).toBe(first.deployment('a'))

    shelf.credentials = [credential({ api_key: 'sk-two' })]
    const third = (await shelf.reader.read()).catalogue
    expect(third.deployment('a')).not.toBe(first.deployment('a'))
    expect(third.deployment('b')).toBe(first.deployment('b'))
  })

  test('C-05: leaves out what it cannot open, says so, and shows the rest', async () => {
    const shelf = new Shelf()
    const foreign = createSeal([new Secret('another-salt-key-0123456789')], '')
    shelf.models = [
      row('ours'),
      row('theirs', {}, foreign),
      { ...row('moved'), sealedParams: row('ours').sealedParams },
    ]
    const { catalogue, findings } = await shelf.reader.read()
    expect(catalogue.publicNames()).toEqual(['ours'])
    expect(catalogue.idle.map(({ id, params }) => [id, params])).toEqual([
      ['theirs', undefined],
      ['moved', undefined],
    ])
    expect(findings.map(({ key }) => key)).toEqual(['theirs (theirs)', 'moved (moved)'])
  })

  test.each([
    ['a reference', { api_key: 'os.environ/PATH' }],
    ['a private host', { api_base: 'https://10.0.0.1/v1' }],
    ['a credential that is gone', { litellm_credential_name: 'nobody' }],
  ])('INV-33: holds rows to the rules again, whoever wrote them: %s', async (_, params) => {
    const shelf = new Shelf()
    shelf.models = [row('a', params)]
    const { catalogue, findings } = await shelf.reader.read()
    expect([catalogue.deployment('a'), findings.length]).toEqual([undefined, 1])
  })

  test('has no stored models where the operator does not say so, and the demonstration ends with the first one', async () => {
    const off = new Shelf('general_settings: {}')
    off.models = [row('a')]
    expect((await off.reader.read()).catalogue.publicNames()).toEqual(['demo'])
    const on = new Shelf()
    expect((await on.reader.read()).catalogue.publicNames()).toEqual(['demo'])
    on.models = [row('a')]
    expect((await on.reader.read()).catalogue.publicNames()).toEqual(['a'])
  })

  test('the file wins an id that both have', async () => {
    const shelf = new Shelf(`
general_settings: { store_model_in_db: true }
model_list: [{ model_name: file, litellm_params: { model: demo/x }, model_info: { id: same } }]`)
    shelf.models = [row('same')]
    const { catalogue, findings } = await shelf.reader.read()
    expect([catalogue.deployment('same')?.group, findings.length]).toEqual(['file', 1])
  })
})
