import { Readable } from 'node:stream'

type Parts<Row> = AsyncIterator<readonly Row[]>

/** A list that goes out part by part, as fast as its reader takes it: it may be as long as the company is large. */
export class LongList {
  readonly #texts: AsyncIterable<string>

  private constructor(texts: AsyncIterable<string>) {
    this.#texts = texts
  }

  /** Reads the first part. What fails with it is an answer of its own; what fails later can only cut this one short. */
  static async begin<Row>(rows: AsyncIterable<readonly Row[]>, render: (row: Row) => object): Promise<LongList> {
    const parts = rows[Symbol.asyncIterator]()
    return new LongList(textsOf(await parts.next(), parts, render))
  }

  /** As JSON. */
  toStream(): Readable {
    return Readable.from(this.#texts, { objectMode: false })
  }
}

async function* textsOf<Row>(
  first: IteratorResult<readonly Row[]>,
  rest: Parts<Row>,
  render: (row: Row) => object,
): AsyncGenerator<string, void> {
  let before = '['
  for (let part = first; part.done !== true; part = await rest.next()) {
    for (const row of part.value) {
      yield before + JSON.stringify(render(row))
      before = ','
    }
  }
  yield before === '[' ? '[]' : ']'
}
