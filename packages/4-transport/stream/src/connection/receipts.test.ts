import { PacketType } from '@hourglass/ilp'
import { nodeCrypto, nodeRng } from '@hourglass/sansio/io'
import { describe, expect, it } from 'vitest'
import { ConnectionKeys } from '../keys.ts'
import { Pair } from '../testing/pair.ts'
import { octets, send } from '../testing/traffic.ts'
import { decodeStreamPacket, encodeStreamPacket } from '../wire/packet.ts'
import { decodeReceipt, isReceiptSigned } from '../wire/receipt.ts'

const keys = new ConnectionKeys(nodeCrypto, new Uint8Array(32).fill(9))

describe('STREAM connection: receipts', () => {
  it('gives receipts with each Fulfill, for all the stream has brought: RCPT-11, RCPT-12, RCPT-13, RCPT-15', () => {
    const receipts = { nonce: new Uint8Array(16).fill(1), secret: new Uint8Array(32).fill(2) }
    const pair = new Pair({ server: { receipts }, lossPerMille: 200, seed: 3 })
    const streamId = send(pair, 1000n)
    for (let total = 2000n; total <= 20_000n; total += 1000n) {
      pair.hand('client', { kind: 'send', streamId, total })
      pair.run({ ms: 5 })
    }
    pair.run({ ms: 60_000 })
    const got = pair.of('client', 'receipt').map(({ receipt }) => receipt)
    for (const receipt of got) expect(isReceiptSigned(receipt, receipts.secret, nodeCrypto)).toBe(true)
    const totals = got.map((receipt) => decodeReceipt(receipt)!.totalReceived)
    expect(totals.at(-1)).toBe(20_000n)
    expect(totals).toEqual([...totals].sort((a, b) => Number(a - b)))
    expect(pair.of('server', 'receipt')).toEqual([])
  })

  it('gives no receipts for streams above 255: RCPT-16', () => {
    const receipts = { nonce: new Uint8Array(16), secret: new Uint8Array(32) }
    const pair = new Pair({ server: { receipts } })
    for (let streamId = 0n; streamId < 257n;) {
      streamId = send(pair, 10n)
      pair.run()
      pair.hand('client', { kind: 'closeStream', streamId })
      pair.run()
    }
    expect(pair.charged.client).toBe(1290n)
    expect(pair.of('client', 'receipt').map(({ streamId }) => streamId)).toEqual(
      Array.from({ length: 128 }, (_, index) => BigInt(2 * index + 1)),
    )
  })

  it('passes on receipts that it cannot read: RCPT-14', () => {
    const receipt = octets(60)
    const pair = new Pair({
      tamperReply: (reply, _to, index) => {
        if (index < 1 || reply.type !== PacketType.Fulfill) return reply
        const packet = decodeStreamPacket(keys.open(reply.data)!)
        const frames = [...packet.frames, { type: 0x17 as const, streamId: 1n, receipt }]
        return { ...reply, data: keys.seal(encodeStreamPacket({ ...packet, frames }), nodeRng) }
      },
    })
    send(pair, 10n)
    pair.run()
    expect(pair.of('client', 'receipt')[0]?.receipt).toEqual(receipt)
  })
})
