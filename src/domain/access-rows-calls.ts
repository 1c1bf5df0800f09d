import { row } from './access-row.ts'
import type { AccessRow } from './access-row.ts'

/** Calls of models, tools and agents, and what belongs to them. */
export const CALL_ROWS: readonly AccessRow[] = [
  row(
    1,
    'inference',
    'writes',
    [
      'POST (/v1)/chat/completions (/v1)/completions (/v1)/embeddings (/v1)/moderations (/v1)/responses /openai/v1/responses',
      'POST /engines/{model}/chat/completions /engines/{model}/completions /engines/{model}/embeddings',
      'POST /openai/deployments/{model}/chat/completions /openai/deployments/{model}/completions',
      'POST /openai/deployments/{model}/embeddings (/v1)/images/generations /openai/deployments/{model}/images/generations',
      'POST (/v1)/messages (/v1)/messages/count_tokens (/v1)/images/* (/v1)/audio/* (/v1)/rerank /v2/rerank (/v1)/ocr',
      'POST (/v1)/search* (/v1)/videos* /interactions* /v1beta/interactions* /v1beta/models/*',
      'GET (/v1)/realtime',
    ],
    'D -1 D D D -1 D D D -',
  ),
  row(
    2,
    'provider-object-read',
    'reads',
    [
      'GET (/v1)/responses/{response_id} (/v1)/responses/{response_id}/input_items (/v1)/videos/{video_id}*',
      'GET (/v1)/files* (/v1)/batches* (/v1)/fine_tuning/* (/v1)/assistants* (/v1)/threads* (/v1)/vector_stores*',
      'GET (/v1)/containers* (/v1)/evals* (/v1)/skills*',
    ],
    'S2 - S S S - S S S -',
  ),
  row(
    2,
    'provider-object-write',
    'writes',
    [
      'DELETE (/v1)/responses/{response_id}',
      'POST (/v1)/responses/{response_id}/cancel',
      'POST,DELETE (/v1)/files* (/v1)/batches* (/v1)/fine_tuning/* (/v1)/assistants* (/v1)/threads*',
      'POST,DELETE (/v1)/vector_stores* (/v1)/containers* (/v1)/evals* (/v1)/skills*',
      'DELETE (/v1)/videos/{video_id}*',
    ],
    'S2 - S S S - S S S -',
  ),
  row(3, 'model-list', 'reads', ['GET (/v1)/models (/v1)/models/{model} /model_group/info'], 'A V S S S S S S S -'),
  row(
    4,
    'caller-utilities',
    'reads',
    ['POST /utils/token_counter /utils/supported_openai_params'],
    'A - S S S - S S S -',
  ),
  row(5, 'request-preview', 'reads', ['POST /utils/transform_request'], 'A - - - - - - - - -'),
  row(
    49,
    'pass-through-use',
    'writes',
    [
      'ANY /anthropic/* /bedrock/* /vertex_ai/* /vertex-ai/* /gemini/* /azure/* /azure_ai/* /cohere/* /mistral/*',
      'ANY /openai/* /openai_passthrough/* /langfuse/* /assemblyai/* /eu.assemblyai/* /vllm/* /cursor/* /milvus/*',
    ],
    'D24 - D24 D24 D24 - D24 D24 D24 -',
  ),
  row(59, 'guardrail-application', 'writes', ['POST /guardrails/apply_guardrail'], 'D - D D D - D D D -'),
  row(
    65,
    'mcp-read',
    'reads',
    ['GET /v1/mcp/server /v1/mcp/server/{server_id} /v1/mcp/server/health /v1/mcp/access_groups /v1/mcp/tools'],
    'A V S S S S S S S -',
  ),
  row(
    66,
    'mcp-use',
    'writes',
    ['GET,POST,DELETE /mcp /mcp/{server} /{server}/mcp', 'GET,POST /mcp-rest/tools/list', 'POST /mcp-rest/tools/call'],
    'D - D D D - D D D -32',
  ),
  row(
    69,
    'agent-read',
    'reads',
    ['GET /v1/agents /v1/agents/{agent_id} /a2a/{agent_id}/.well-known/agent-card.json'],
    'D V D D D S D D D -',
  ),
  row(69, 'agent-use', 'writes', ['POST /a2a/{agent_id}*'], 'D - D D D - D D D -'),
  row(72, 'rag', 'writes', ['POST (/v1)/rag/ingest (/v1)/rag/query'], 'D - D D D - D D D -'),
  row(85, 'event-intake', 'writes', ['POST /api/event_logging/batch'], 'D - D D D - D D D -'),
]
