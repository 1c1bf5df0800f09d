/** The part of a document that a tool writes. What stands around it is people's. */
const BEGIN = '<!-- generated: begin -->'
const END = '<!-- generated: end -->'

export function readGenerated(document: string): string | undefined {
  return document.split(`${BEGIN}\n`)[1]?.split(`\n${END}`)[0]
}

export function replaceGenerated(document: string, part: string): string {
  const begin = document.indexOf(BEGIN)
  const end = document.indexOf(END)
  if (begin === -1 || end < begin) throw new Error(`the document lacks the markers ${BEGIN} and ${END}`)
  return `${document.slice(0, begin)}${BEGIN}\n${part}\n${document.slice(end)}`
}
