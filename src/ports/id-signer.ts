/** Signs the ids that we give out, so that an id can neither be made up nor used by somebody else. All texts are URL-safe. */
export interface IdSigner {
  sign(text: string): string
  equal(a: string, b: string): boolean
  encode(text: string): string
  /** Undefined when the text is no encoding. */
  decode(text: string): string | undefined
}
