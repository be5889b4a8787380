/**
 * channel_verify, channel_authorize. Testing.
 */
import { deriveKeypair, sign } from 'ripple-keypairs'
import { claimMessage, isSignature } from '../engine/signature.ts'
import { isIndex } from '../state/indexes.ts'
import { publicKeyHex } from './accounts.ts'
import { ApiError, type Call, invalidParameters, type Json, textParameter } from './call.ts'

export function channelVerify({ parameters }: Call): Json {
  for (const name of ['public_key', 'channel_id', 'amount', 'signature']) {
    if (parameters[name] === undefined) throw invalidParameters(`Missing field '${name}'.`)
  }
  const key = publicKeyHex(textParameter(parameters, 'public_key'))
  if (key === undefined) throw new ApiError('publicMalformed')
  const message = messageOf(parameters)
  return { signature_verified: isSignature(message, textParameter(parameters, 'signature'), key) }
}

export function channelAuthorize({ parameters }: Call): Json {
  const { seed, secret, key_type: type } = parameters
  const message = messageOf(parameters)
  if (seed === undefined && secret === undefined) throw invalidParameters("Missing field 'secret'.")
  try {
    const { privateKey } = deriveKeypair(
      String(seed ?? secret),
      type === 'ed25519' ? { algorithm: 'ed25519' } : {},
    )
    return { signature: sign(message, privateKey) }
  } catch {
    throw new ApiError('badSeed')
  }
}

function messageOf(parameters: Json): string {
  const { channel_id: channel, amount } = parameters
  if (!isIndex(channel)) throw new ApiError('channelMalformed')
  if (typeof amount !== 'string' || !/^\d{1,20}$/.test(amount)) throw new ApiError('channelAmtMalformed')
  return claimMessage(channel, amount)
}
