import type { Address, Prepare } from '@hourglass/ilp'
import { nodeCrypto, nodeRng } from '@hourglass/sansio/io'
import { describe, expect, it } from 'vitest'
import { ConnectionKeys } from '../keys.ts'
import { encodeStreamPacket } from '../wire/packet.ts'
import { StreamConnection } from './connection.ts'
import type { ConnectionOutput } from './face.ts'

const NOW = 1_700_000_000_000
const SECRET = new Uint8Array(32).fill(9)
const keys = new ConnectionKeys(nodeCrypto, SECRET)

function newClient(): StreamConnection {
  const asset = { assetCode: 'EUR', assetScale: 2 }
  const ends = { destination: 'test.server' as Address, sharedSecret: SECRET }
  return new StreamConnection({ crypto: nodeCrypto, rng: nodeRng, role: 'client', ...asset, ...ends })
}

function drain(connection: StreamConnection): ConnectionOutput[] {
  const outputs: ConnectionOutput[] = []
  for (let output = connection.poll(); output !== undefined; output = connection.poll()) outputs.push(output)
  return outputs
}

/** The only packet that went out. */
function packetOf(outputs: readonly ConnectionOutput[]): { id: number; prepare: Prepare } {
  const packets = outputs.filter((output) => output.kind === 'prepare')
  expect(packets).toHaveLength(1)
  return packets[0]!
}

/** The receiver's word that the probe arrived in full. */
function arrived(connection: StreamConnection, { id, prepare }: { id: number; prepare: Prepare }): void {
  const { sequence } = keys.openPacket(prepare.data)!
  const said = encodeStreamPacket({ type: 14, sequence, prepareAmount: prepare.amount, frames: [] })
  const data = keys.seal(said, nodeRng)
  const reply = { type: 14 as const, code: 'F99', triggeredBy: '' as const, message: '', data }
  connection.handle({ kind: 'reply', id, reply }, NOW)
}

describe('STREAM connection on a link that fails', () => {
  it('asks again for a rate, after a pause', () => {
    const connection = newClient()
    connection.handle({ kind: 'send', streamId: connection.open()!, total: 10n }, NOW)
    const { id, prepare } = packetOf(drain(connection))
    expect(prepare.amount).toBe(10n)
    connection.handle({ kind: 'failed', id, isLost: false }, NOW)
    expect(drain(connection)).toEqual([])
    const later = connection.nextTimeout()!
    expect(later).toBeGreaterThan(NOW)
    connection.handle({ kind: 'timeout' }, later)
    packetOf(drain(connection))
  })

  it('sends again what never left, and never again what may have been paid', () => {
    const connection = newClient()
    const streamId = connection.open()!
    connection.handle({ kind: 'send', streamId, total: 10n }, NOW)
    arrived(connection, packetOf(drain(connection)))
    const first = packetOf(drain(connection))
    connection.handle({ kind: 'failed', id: first.id, isLost: false }, NOW)
    connection.handle({ kind: 'timeout' }, connection.nextTimeout()!)
    const second = packetOf(drain(connection))
    expect(second.prepare.amount).toBe(10n)
    connection.handle({ kind: 'failed', id: second.id, isLost: true }, NOW + 1000)
    expect(drain(connection)).toEqual([
      { kind: 'stopped', outcome: 'link-lost', code: undefined, uncertain: 10n },
    ])
    connection.handle({ kind: 'send', streamId, total: 15n }, NOW + 2000)
    const { prepare } = packetOf(drain(connection))
    expect(prepare.amount).toBe(5n) // A probe for what is left.
  })
})
