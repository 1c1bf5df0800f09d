import { honour } from './key-table.ts'
import type { KeyTable } from './key-table.ts'
import { aJsonObject, aText, listOf } from './readers.ts'

/** The sections themselves; each has a table of its own. */
export const TOP_LEVEL_TABLE: KeyTable = {
  section: '(top level)',
  honoured: [
    honour('model_list', listOf(aJsonObject), 'The models and where they are served.'),
    honour('litellm_settings', aJsonObject, 'See below.'),
    honour('router_settings', aJsonObject, 'See below; wins over the same key in litellm_settings.'),
    honour('general_settings', aJsonObject, 'See below.'),
    honour(
      'environment_variables',
      aJsonObject,
      'Variables for `os.environ/NAME`; they win over the process environment.',
    ),
    honour('include', listOf(aText), 'More files, relative to the main file.'),
    honour('credential_list', listOf(aJsonObject), 'Named sets of connection values for `litellm_credential_name`.'),
    honour('compat', aJsonObject, 'Latchkey: takes single departures from the compatible behaviour back. See below.'),
  ],
  moot: {
    callback_settings: 'the callbacks that it describes are not supported, and are refused where they are switched on.',
  },
  unsupported: {
    guardrails: 'guardrails are not in this version; run them in front of the gateway.',
    mcp_servers: 'the MCP gateway is not in this version.',
    mcp_tools: 'the MCP gateway is not in this version.',
    search_tools: 'search tools are not in this version.',
    vector_store_registry: 'vector stores are not in this version.',
    assistant_settings: 'the assistants API is not served.',
    files_settings: 'the files API is not in this version.',
    finetune_settings: 'the fine-tuning API is not in this version.',
    prompts: 'prompt management is not in this version; send prompts with the request.',
    policies: 'policies are not in this version.',
    policy_attachments: 'policies are not in this version.',
    agent_list: 'agents are not in this version.',
  },
}
