/** The mock upstream as a process of its own: `main.ts --port 0 --bill FILE`. Prints one JSON line when it listens. */
import { parseArgs } from 'node:util'
import { startMockUpstream } from './start-mock-upstream.ts'

const { values } = parseArgs({
  options: {
    host: { type: 'string' },
    port: { type: 'string', default: '0' },
    bill: { type: 'string' },
    'api-key': { type: 'string' },
  },
})

const upstream = await startMockUpstream({
  host: values.host,
  port: Number(values.port),
  billFile: values.bill,
  apiKey: values['api-key'],
})
process.stdout.write(`${JSON.stringify({ url: upstream.url, port: upstream.port, pid: process.pid })}\n`)

process.once('SIGTERM', () => void upstream.close())
process.once('SIGINT', () => void upstream.close())
