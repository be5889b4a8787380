/**
 * Which protocol a body belongs to: HTTP says it by the media type. Layer 2.
 * ILP has the type of IL-RFC 35. Whatever else goes between two nodes of ours has one of ours, which other nodes refuse
 * as they refuse every type that they do not know (docs/decisions/0018): before they look at the body.
 */
import { UsageError } from '@hourglass/sansio'

export const ILP = 'ilp'
export const OCTET_STREAM = 'application/octet-stream'
export const PLAIN_TEXT = 'text/plain'

const OWN = 'application/vnd.hourglass.'
const NAME = /^[a-z0-9-]{1,64}$/

/** @throws UsageError where a protocol has a name that no media type may have */
export function encodeMediaType(protocol: string): string {
  if (protocol === ILP) return OCTET_STREAM
  if (!NAME.test(protocol)) throw new UsageError(`no protocol of this link may be called ${protocol}`)
  return OWN + protocol
}

/** The protocol; undefined where it is none of a link's. Parameters do not count (HTTP-08, X-HTTP2). */
export function decodeMediaType(contentType: string): string | undefined {
  if (contentType === OCTET_STREAM) return ILP
  const [type = ''] = contentType.toLowerCase().split(';')
  const bare = type.trim()
  if (bare === OCTET_STREAM || bare === 'application/ilp+octet-stream') return ILP
  const name = bare.startsWith(OWN) ? bare.slice(OWN.length) : ''
  return name !== ILP && NAME.test(name) ? name : undefined
}
