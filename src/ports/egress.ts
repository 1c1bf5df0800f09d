/** What hosts that were chosen through the API are held to, before anything is sent to them. */
export interface Egress {
  /** Undefined: nothing speaks against it. Otherwise a sentence. Names are looked up only when a call goes out. */
  judge(url: string): string | undefined
}
