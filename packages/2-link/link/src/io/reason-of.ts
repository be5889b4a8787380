/** Why sockets fail, in one line for people. Layer 2, io. */

/** The system's reason in words: the first line of whatever there is. */
export function reasonOf(error: unknown): string {
  const { code, message } = error as { readonly code?: unknown; readonly message?: unknown }
  const known = REASONS.get(String(code))
  if (known !== undefined) return known
  const [line = ''] = String(message ?? error).split('\n')
  return line === '' ? String(code) : line
}

const REASONS: ReadonlyMap<string, string> = new Map([
  ['ECONNREFUSED', 'nobody listens there'],
  ['ENOTFOUND', 'there is no such host'],
  ['EAI_AGAIN', 'its name cannot be looked up now'],
  ['EADDRINUSE', 'the port is taken'],
  ['EADDRNOTAVAIL', 'this machine has no such address'],
  ['EACCES', 'not permitted'],
  ['ECONNRESET', 'the connection was cut'],
  ['ETIMEDOUT', 'no answer in time'],
  ['EHOSTUNREACH', 'there is no way to the host'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'its certificate is signed by nobody we trust'],
  ['SELF_SIGNED_CERT_IN_CHAIN', 'its certificate is signed by nobody we trust'],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'its certificate is signed by nobody we trust'],
  ['CERT_HAS_EXPIRED', 'its certificate has expired'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'its certificate is for another host'],
])
