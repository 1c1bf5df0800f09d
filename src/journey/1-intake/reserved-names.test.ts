import { expect, test } from 'vitest'
import { isForbidden } from './reserved-names.ts'

test.each([
  'api_base',
  'apiBase',
  'API_BASE',
  'api-base',
  'apibase',
  'APIBASE',
  'baseurl',
  'BaseURL',
  'apikey',
  'APIKey',
  'customLlmProvider',
  'sagemaker_base_url',
  'databricks_api_base',
  'langsmith_api_key',
  'posthog_api_key',
  'slack_webhook_url',
  'user_config',
  'aliases',
  'inputCostPerToken',
  'mock_testing_fallbacks',
  'x'.repeat(200),
])('INV-17 %s steers', (name) => {
  expect(isForbidden(name)).toBe(true)
})

test.each([
  'temperature',
  'tool_choice',
  'prompt_cache_key',
  'user',
  'seed',
  'logit_bias',
  'store',
  'reasoning_effort',
  'stop',
])('%s is an ordinary parameter', (name) => {
  expect(isForbidden(name)).toBe(false)
})
