import type { ErrorCode } from 'yaml'

const SENTENCES: Readonly<Partial<Record<ErrorCode, string>>> = {
  ALIAS_PROPS: 'An alias can carry neither an anchor nor a tag.',
  BAD_ALIAS: 'This alias does not name an anchor that was set before it.',
  BAD_COLLECTION_TYPE: 'This tag does not fit the value that it stands before.',
  BAD_DIRECTIVE: 'Directives (lines that begin with %) are not accepted.',
  BAD_DQ_ESCAPE: 'This escape is not known in double-quoted text; single quotes keep backslashes as they are.',
  BAD_INDENT: 'The indentation does not fit the lines above, or a bracket or brace there is not closed.',
  BAD_PROP_ORDER: 'An anchor or tag is in the wrong place.',
  BAD_SCALAR_START: 'Text that begins with this character must be put in quotes.',
  BLOCK_AS_IMPLICIT_KEY:
    'A nested map cannot begin on this line; start it on a line of its own, or put text with ": " in quotes.',
  BLOCK_IN_FLOW: 'An indented block cannot stand inside brackets or braces.',
  DUPLICATE_KEY: 'This key is written twice in the same map; only one could count.',
  KEY_OVER_1024_CHARS: 'This key is longer than 1024 characters.',
  MISSING_CHAR: 'A character is missing here: a colon, a quote, a bracket or a space.',
  MULTILINE_IMPLICIT_KEY: 'A key must be on one line; is a colon missing?',
  MULTIPLE_ANCHORS: 'A value can have only one anchor.',
  MULTIPLE_DOCS: 'The file must hold one document; remove the line "---" that begins the second.',
  MULTIPLE_TAGS: 'A value can have only one tag.',
  NON_STRING_KEY: 'A key must be text.',
  RESOURCE_EXHAUSTION: 'The file is nested too deeply.',
  TAB_AS_INDENT: 'Tabs cannot indent YAML; use spaces.',
  TAG_RESOLVE_FAILED: 'Tags (words that begin with !) are not accepted.',
  UNEXPECTED_TOKEN: 'This character is not expected here.',
}

/** Our own sentence for each kind of YAML fault: the library's texts quote the source, which holds secrets. */
export function yamlFault(code: ErrorCode): string {
  return SENTENCES[code] ?? 'This is not valid YAML.'
}
