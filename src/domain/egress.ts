/** A destination that the operator allows although it is private or without TLS. Without a port: any. */
export type EgressEntry =
  | {
      readonly kind: 'network'
      readonly address: string
      readonly prefix: number
      readonly family: 'ipv4' | 'ipv6'
      readonly port: number | undefined
    }
  | { readonly kind: 'host'; readonly name: string; readonly port: number | undefined }

/** Who chose the host that a call goes to: the operator's file, or somebody through the API. */
export type HostChoice = 'from-our-config' | 'from-the-api'
