/** JSON that is written already: of an answer in which the same things stand many times, each is written once. */
export class JsonText {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}
