/**
 * The first frame of a client: who it is. Layer 2.
 * Spec: IL-RFC 23 "Authentication"; the user name is no longer in it, but every peer sends one (X-BTP2).
 */
import { decodeUtf8, encodeUtf8 } from '@hourglass/oer'
import { ContentType, type ProtocolData } from './wire/protocol-data.ts'
import { type Frame, FrameType, encodeFrame } from './wire/frame.ts'

/** What a client says of itself. */
export interface AuthClaim {
  /** Empty where the client sends none. */
  readonly username: string
  /** May be empty, but is always sent (BTP-17). */
  readonly token: string
}

/** BTP-16. The user name is left out where it is empty (BTP-18). */
export function encodeAuthFrame(requestId: number, { username, token }: AuthClaim): Uint8Array {
  const protocolData: ProtocolData[] = [
    { protocolName: 'auth', contentType: ContentType.OctetStream, data: new Uint8Array(0) },
  ]
  if (username !== '') protocolData.push(textPart('auth_username', username))
  protocolData.push(textPart('auth_token', token))
  return encodeFrame({ type: FrameType.Message, requestId, protocolData })
}

/**
 * Reads the claim from a client's first frame; undefined where it makes none: another type, another primary part,
 * no token, a name twice (BTP-07, BTP-21). Other parts are ignored (BTP-19).
 * @throws DecodeError `bad-utf8`
 */
export function readAuthClaim({ type, protocolData }: Frame): AuthClaim | undefined {
  const names = new Set(protocolData.map(({ protocolName }) => protocolName))
  if (type !== FrameType.Message || names.size < protocolData.length) return undefined
  if (protocolData[0]?.protocolName !== 'auth') return undefined
  const token = textOf(protocolData, 'auth_token')
  return token === undefined ? undefined : { username: textOf(protocolData, 'auth_username') ?? '', token }
}

function textPart(protocolName: string, value: string): ProtocolData {
  return { protocolName, contentType: ContentType.Text, data: encodeUtf8(value) }
}

function textOf(parts: readonly ProtocolData[], name: string): string | undefined {
  const part = parts.find(({ protocolName }) => protocolName === name)
  return part === undefined ? undefined : decodeUtf8(part.data)
}
