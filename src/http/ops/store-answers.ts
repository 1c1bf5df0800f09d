/** A load balancer asks often; the store is asked at most so often. */
const REMEMBERED_MS = 2_000
/** F-02: who asks is told within this. */
const PATIENCE_MS = 2_000

/** Whether the store answers a real query. One that has been silent for too long does not, whatever becomes of the query. */
export function storeAnswers(ping: () => Promise<void>, now: () => number): () => Promise<boolean> {
  let last: { readonly at: number; readonly connected: boolean } | undefined
  let asking: { readonly since: number; readonly answer: Promise<boolean> } | undefined

  async function ask(): Promise<boolean> {
    const connected = await ping().then(
      () => true,
      () => false,
    )
    last = { at: now(), connected }
    asking = undefined
    return connected
  }

  return async () => {
    if (last !== undefined && now() - last.at < REMEMBERED_MS) return last.connected
    asking ??= { since: now(), answer: ask() }
    const patience = asking.since + PATIENCE_MS - now()
    return patience > 0 ? Promise.race([asking.answer, falseAfter(patience)]) : false
  }
}

function falseAfter(ms: number): Promise<false> {
  return new Promise((resolve) => {
    setTimeout(() => resolve(false), ms).unref()
  })
}
