import { decodeHex, encodeHex, encodeUtf8 } from '@hourglass/oer'
import { nodeCrypto, nodeRng } from '@hourglass/sansio/io'
import { nobleCrypto } from '@hourglass/sansio/noble'
import { loadVectors } from '@hourglass/vectors'
import { describe, expect, it } from 'vitest'
import { ConnectionKeys } from './keys.ts'
import { secretOfToken } from './token.ts'

type Vector = Readonly<Record<string, string>>

const { cases } = loadVectors('derived/stream-crypto.json') as { readonly cases: readonly Vector[] }
const { cases: exchanges } = loadVectors('derived/stream-exchange.json') as {
  readonly cases: readonly Vector[]
}

function hex(vector: Vector, field: string): Uint8Array {
  return decodeHex(vector[field]!)!
}

describe.each([
  ['Node', nodeCrypto],
  ['pure JavaScript', nobleCrypto],
])('STREAM keys, with the cryptography of %s', (_name, crypto) => {
  const labels: Readonly<Record<string, string>> = {
    encryptionKeyHex: 'encryption',
    fulfillmentKeyHex: 'fulfillment',
  }

  it.each(cases.filter(({ op }) => op === 'all'))('$name: STR-07, STR-08, STR-31, STR-32', (vector) => {
    const secret = hex(vector, 'secretHex')
    for (const [field, label] of Object.entries(labels)) {
      const key = crypto.hmacSha256(secret)(encodeUtf8(`ilp_stream_${label}`))
      expect(encodeHex(key)).toBe(vector[field])
    }
    const keys = new ConnectionKeys(crypto, secret)
    const iv = hex(vector, 'ivHex')
    const envelope = keys.seal(hex(vector, 'plaintextHex'), { bytes: () => iv })
    expect(encodeHex(envelope)).toBe(vector['envelopeHex'])
    expect(encodeHex(keys.open(envelope)!)).toBe(vector['plaintextHex'])
    const fulfillment = keys.fulfillment(envelope)
    expect(encodeHex(fulfillment)).toBe(vector['fulfillmentHex'])
    expect(encodeHex(keys.condition(fulfillment))).toBe(vector['conditionHex'])
  })

  it.each(cases.filter(({ op }) => op === 'decrypt'))('$name: STR-11', (vector) => {
    const opened = new ConnectionKeys(crypto, hex(vector, 'secretHex')).open(hex(vector, 'envelopeHex'))
    expect(opened && encodeHex(opened)).toBe(vector['expect'] === 'fail' ? undefined : vector['expectHex'])
  })

  it('derives the secret of a token as interledger-rs and Quilt do: STR-03, STR-04', () => {
    const vector = cases.find(({ op }) => op === 'sharedSecretFromToken/ascii')!
    const secretOf = secretOfToken(crypto, hex(vector, 'serverSecretHex'))
    expect(encodeHex(secretOf(encodeUtf8(vector['tokenText']!)))).toBe(vector['expectHex'])
  })

  it.each(exchanges.filter((vector) => vector['plaintextHex'] !== undefined))(
    'opens the packet of a real $name, and finds its fulfillment',
    (vector) => {
      const keys = new ConnectionKeys(crypto, hex(vector, 'sharedSecretHex'))
      const prepare = hex(vector, 'prepareHex')
      const dataBytes = hex(vector, 'plaintextHex').length + 28
      const envelope = prepare.subarray(prepare.length - dataBytes)
      expect(encodeHex(keys.open(envelope)!)).toBe(vector['plaintextHex'])
      expect(encodeHex(keys.fulfillment(envelope))).toBe(vector['fulfillmentHex'])
    },
  )

  it('opens nothing that was changed on the way, in any bit', () => {
    const keys = new ConnectionKeys(crypto, new Uint8Array(32).fill(1))
    const envelope = keys.seal(Uint8Array.of(1, 2, 3), nodeRng)
    for (let at = 0; at < envelope.length; at++) {
      const changed = envelope.slice()
      changed[at]! ^= 1
      expect(keys.open(changed), `octet ${at}`).toBeUndefined()
    }
  })
})

it('never seals twice under one IV: STR-09', () => {
  const keys = new ConnectionKeys(nodeCrypto, new Uint8Array(32))
  const ivs = new Set<string>()
  for (let i = 0; i < 20_000; i++) ivs.add(encodeHex(keys.seal(new Uint8Array(0), nodeRng).subarray(0, 12)))
  expect(ivs.size).toBe(20_000)
})
