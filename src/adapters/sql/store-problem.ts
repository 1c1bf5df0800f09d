export type StoreProblemCode =
  | 'in-use'
  | 'not-private'
  | 'unusable'
  | 'damaged'
  | 'unfinished'
  | 'unreachable'
  | 'refused-login'
  | 'too-old'
  | 'migration-changed'
  | 'newer-than-us'
  | 'closed'

/** Why the store can't be used, as a sentence for the operator. Never carries a password or a row. */
export class StoreProblem extends Error {
  override readonly name = 'StoreProblem'
  readonly code: StoreProblemCode

  constructor(code: StoreProblemCode, sentence: string) {
    super(sentence)
    this.code = code
  }
}
