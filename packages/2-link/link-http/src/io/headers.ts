/** Headers of either direction, between their names on the wire and the link's words. Layer 2, io. */
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http'
import type { HttpRequest, HttpResponse } from '../wire.ts'

/** Without those that the connection adds of itself. */
export function encodeRequestHeaders(request: HttpRequest, token: string): OutgoingHttpHeaders {
  const { contentType, requestId, callbackUrl, isAsync, epoch, body } = request
  const headers: OutgoingHttpHeaders = {
    authorization: `Bearer ${token}`,
    'content-type': contentType,
    accept: contentType,
    'content-length': body.length,
  }
  if (requestId !== undefined) headers['request-id'] = requestId
  if (callbackUrl !== undefined) headers['callback-url'] = callbackUrl
  if (isAsync === true) headers['prefer'] = 'respond-async'
  if (epoch !== undefined) headers['link-epoch'] = epoch
  return headers
}

export function decodeRequestHeaders(headers: IncomingHttpHeaders): Omit<HttpRequest, 'body'> {
  const requestId = oneOf(headers['request-id'])
  const callbackUrl = oneOf(headers['callback-url'])
  const epoch = oneOf(headers['link-epoch'])
  const prefer = oneOf(headers['prefer'])
  return {
    contentType: headers['content-type'] ?? '',
    ...(requestId !== undefined && { requestId }),
    ...(callbackUrl !== undefined && { callbackUrl }),
    ...(epoch !== undefined && { epoch }),
    ...(prefer !== undefined && /(?:^|[,;\s])respond-async(?:$|[,;\s])/i.test(prefer) && { isAsync: true }),
  }
}

/** HTTP-34: nobody on the way is to keep what is money. */
export function encodeResponseHeaders({ contentType, epoch, body }: HttpResponse): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = { 'content-length': body.length, 'cache-control': 'no-store' }
  if (contentType !== undefined) headers['content-type'] = contentType
  if (epoch !== undefined) headers['link-epoch'] = epoch
  return headers
}

export function decodeResponseHeaders(headers: IncomingHttpHeaders): Omit<HttpResponse, 'body' | 'status'> {
  const contentType = headers['content-type']
  const epoch = oneOf(headers['link-epoch'])
  return { ...(contentType !== undefined && { contentType }), ...(epoch !== undefined && { epoch }) }
}

/** What follows `Bearer`; undefined where there is none (HTTP-03: nothing else is taken). */
export function bearerToken(authorization: string | undefined): string | undefined {
  return authorization === undefined ? undefined : /^Bearer +([!-~]+)$/i.exec(authorization)?.[1]
}

/** A header that came twice is worth as much as none. */
function oneOf(value: string | string[] | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined
}
