const OF_ISSUER = 'issuer:'

/** As the column has it: `api` where people did it. An issuer can call itself what it likes. */
export function sourceText(issuer: string | undefined): string {
  return issuer === undefined ? 'api' : `${OF_ISSUER}${issuer}`
}

export function issuerOf(source: string): string | undefined {
  return source.startsWith(OF_ISSUER) ? source.slice(OF_ISSUER.length) : undefined
}
