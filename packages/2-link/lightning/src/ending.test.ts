/** What becomes of Lightning channels when a peering ends. */
import { describe, expect, it } from 'vitest'
import { CLOSE_PATIENCE_MS } from './ending.ts'
import { NODES_MAX } from './known-nodes.ts'
import { Bench, PEER_HELLO, PEER_ID, channelWith, hashOf, receipt } from './testing/bench.ts'
import { encodeHello } from './wire/hello.ts'

const [ONE, TWO] = ['01'.repeat(32), '02'.repeat(32)]
const END = { kind: 'end' } as const

function closing(channelIds: readonly string[], isForced = false): object {
  return { kind: 'close', peerId: PEER_ID, channelIds, isForced }
}

describe('a peering that ends', () => {
  it('closes by agreement all channels with the peer, whoever opened them, and leaves once none is there', () => {
    const bench = new Bench()
    bench.greet()
    bench.push(END)
    expect(bench.actions()).toContainEqual({ kind: 'inspect', peerId: PEER_ID })
    const channels = [channelWith(5n, { channelId: ONE }), channelWith(0n, { channelId: TWO, isOurs: false })]
    bench.reportAll(channels)
    expect(bench.actions()).toEqual([closing([ONE, TWO])])
    expect(bench.settlement.report()).toMatchObject({ isEnded: true, isClosed: false })
    bench.reportAll([])
    bench.pass(60_000)
    expect(bench.actions()).toEqual([{ kind: 'leave', peerId: PEER_ID }])
    expect(bench.settlement.report()).toMatchObject({ isEnded: true, isClosed: true })
    bench.pass(CLOSE_PATIENCE_MS)
    expect([bench.take(), bench.settlement.nextTimeout()]).toEqual([[], undefined])
  })

  it('asks again for a close, and when its patience is over closes by force', () => {
    const bench = new Bench()
    bench.greet()
    bench.push(END)
    bench.report(5n, { channelId: ONE, isClosing: true })
    bench.take()
    bench.pass(60_000)
    expect(bench.actions(), 'it is closing').toEqual([closing([])])
    bench.pass(CLOSE_PATIENCE_MS)
    expect(bench.actions(), 'in vain').toEqual([closing([ONE], true)])
  })

  it('goes on after a restart, without the peer, and its patience does not begin anew', () => {
    const bench = new Bench()
    bench.greet()
    bench.push(END)
    bench.journal.flush()
    const next = new Bench({}, bench.journal)
    expect(next.actions()).toContainEqual({ kind: 'inspect', peerId: PEER_ID })
    next.pass(CLOSE_PATIENCE_MS)
    next.report(5n, { channelId: ONE })
    expect(next.actions()).toContainEqual(closing([ONE], true))
  })

  it('pays no more, opens nothing, says no hello and answers none', () => {
    const bench = new Bench()
    bench.greet(0n)
    bench.take()
    bench.push(END)
    bench.push({ kind: 'settle', total: 5000n })
    bench.push({ kind: 'down' })
    bench.push({ kind: 'up' })
    bench.push({ kind: 'request', id: 2, body: encodeHello(PEER_HELLO) })
    bench.report(10n ** 12n)
    bench.journal.flush()
    bench.pass(400_000)
    const kinds = bench.take().map((output) => (output.kind === 'ledger' ? output.action.kind : output.kind))
    expect(kinds).toContain('refuse')
    for (const kind of ['pay', 'open', 'reach', 'request', 'reply']) expect(kinds).not.toContain(kind)
  })

  it('still learns the end of what it had begun to pay, and credits what still comes', () => {
    const bench = new Bench()
    bench.greet()
    bench.push({ kind: 'settle', total: 5000n })
    bench.journal.flush()
    const [payment] = bench.payments()
    bench.push(END)
    bench.ledger({ kind: 'paid', hash: hashOf(payment!), feeMsat: 0n })
    bench.ledger(receipt(1, 700n))
    bench.journal.flush()
    const totals = bench.take().flatMap((output) => ('total' in output ? [output.kind, output.total] : []))
    expect(totals).toEqual(['sent', 5000n, 'received', 700n])
  })

  it('closes a channel that was being opened when the end came, also after it has left', () => {
    const bench = new Bench()
    bench.greet()
    bench.push(END)
    bench.reportAll([])
    bench.pass(60_000)
    bench.take()
    bench.report(0n, { channelId: ONE, isUsable: false })
    expect(bench.actions()).toEqual([closing([ONE])])
  })

  it('closes at all nodes that the peer ever had; more than a few it may not have', () => {
    const bench = new Bench()
    const ids = Array.from({ length: NODES_MAX + 1 }, (_, i) => '03'.padEnd(66, 'abcdef'[i]))
    bench.push({ kind: 'up' })
    for (const nodeId of ids) {
      const address = { ...PEER_HELLO.address, nodeId }
      bench.push({ kind: 'request', id: 1, body: encodeHello({ ...PEER_HELLO, address }) })
      bench.journal.flush()
    }
    expect(bench.traces()).toEqual(['lightning.too-many-nodes'])
    bench.push(END)
    const inspected = ids.slice(0, NODES_MAX).map((peerId) => ({ kind: 'inspect', peerId }))
    expect(bench.actions()).toEqual(inspected)
  })
})
