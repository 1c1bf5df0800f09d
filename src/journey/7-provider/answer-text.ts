import { joinBytes } from './join-bytes.ts'

const utf8 = new TextDecoder('utf-8')

/** What can be decoded in one turn of the event loop without anybody noticing. */
const LARGE = 1024 * 1024

/** An answer in one piece. A long one, such as a picture, is decoded while it comes and not when it is there. */
export class AnswerText {
  #chunks: Uint8Array[] = []
  #size = 0
  #decoder: TextDecoder | undefined
  #text = ''

  push(bytes: Uint8Array): void {
    this.#chunks.push(bytes)
    this.#size += bytes.byteLength
    if (this.#size <= LARGE) return
    this.#decoder ??= new TextDecoder('utf-8')
    for (const chunk of this.#chunks) this.#text += this.#decoder.decode(chunk, { stream: true })
    this.#chunks = []
  }

  end(): string {
    if (this.#decoder !== undefined) return this.#text + this.#decoder.decode()
    const [first] = this.#chunks
    if (first === undefined) return ''
    return utf8.decode(this.#chunks.length === 1 ? first : joinBytes(this.#chunks, this.#size))
  }
}
