import { PASS_THROUGH_METHODS } from '../../domain/pass-through.ts'
import { honour } from '../key-table.ts'
import type { KeyTable } from '../key-table.ts'
import { anApiBase, headerMap } from '../params-readers.ts'
import { aFlag, aNumber, listOf, mapOf, oneOf } from '../readers.ts'
import { aPassThroughPath, aQueryValue } from './pass-through-readers.ts'

const MOST_USD = 1_000_000

export const ENDPOINT = {
  path: honour('path', aPassThroughPath, 'Where it is called here, such as /bria.'),
  target: honour('target', anApiBase, 'Where the call goes, such as https://api.example.com/v1.'),
  headers: honour(
    'headers',
    headerMap,
    'Sent with every call; os.environ/NAME may stand inside a value. `litellm_user_api_key` names the header in which callers send their key.',
  ),
  forwardsHeaders: honour(
    'forward_headers',
    aFlag,
    'Headers of callers go along, but for credentials, cookies and what frames or traces a request. Default false.',
  ),
  includesSubpath: honour('include_subpath', aFlag, 'Paths below it go along as well. Default false.'),
  auth: honour('auth', aFlag, 'Callers need a key. false opens it to everybody. Default true.'),
  methods: honour('methods', listOf(oneOf(...PASS_THROUGH_METHODS)), 'Default: GET, POST, PUT, PATCH and DELETE.'),
  defaultQueryParams: honour(
    'default_query_params',
    mapOf(aQueryValue),
    'Sent where the caller does not say it. One that is a credential by its name is never the caller’s to say.',
  ),
  costPerRequest: honour(
    'cost_per_request',
    aNumber(0, MOST_USD),
    'Dollars for each answered call; 0 makes it free. Default: by the usage in the answer, as far as it has a price.',
  ),
  customAuthParser: honour(
    'custom_auth_parser',
    oneOf('langfuse'),
    '`langfuse`: the user name of a Basic credential is the caller’s key.',
  ),
}

export const ENDPOINT_TABLE: KeyTable = {
  section: 'general_settings.pass_through_endpoints[]',
  honoured: Object.values(ENDPOINT),
  moot: { id: 'an endpoint of the file is known by its path.', is_from_config: 'all of them are.' },
  unsupported: {
    guardrails: 'guardrails are not in this version, and what is passed through would not be looked at.',
  },
}
