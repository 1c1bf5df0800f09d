import { allow } from '../../domain/decision.ts'
import type { Decision } from '../../domain/decision.ts'
import type { Arrival, HeaderReader } from '../1-intake/arrival.ts'
import { OPERATIONS } from '../1-intake/operations.ts'
import { misplaced } from '../2-authenticate/find-credential.ts'
import { findSocketCredential, presenting } from '../2-authenticate/find-socket-credential.ts'
import type { Admission } from '../admission.ts'
import { admit } from '../journey.ts'
import type { JourneyPorts } from '../journey-ports.ts'

export interface AdmittedSession {
  readonly admission: Admission
  /** The same request with its credential where others have theirs, for when it is asked about again. */
  readonly headers: HeaderReader
}

/** identity.md 3.5: a session is admitted as a call is whose body names the model of the query, before the upgrade (S-29). */
export async function admitSession(
  arrival: Omit<Arrival, 'readBody' | 'pathModel'>,
  model: string | undefined,
  ports: JourneyPorts,
): Promise<Decision<AdmittedSession>> {
  const { keyHeader } = ports.settings
  const credential = findSocketCredential(arrival.headers, keyHeader)
  if (credential.verdict === 'deny') return misplaced(credential, arrival)
  const headers = keyHeader === undefined ? presenting(credential.granted, arrival.headers) : arrival.headers
  const body = allow(JSON.stringify(model === undefined ? {} : { model }))
  const call: Arrival = { ...arrival, headers, readBody: async () => body, pathModel: undefined }
  const admission = await admit(OPERATIONS.realtime, call, ports)
  return admission.verdict === 'deny' ? admission : allow({ admission: admission.granted, headers })
}
