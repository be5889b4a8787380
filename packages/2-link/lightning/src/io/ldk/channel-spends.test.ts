import type { JournalRecord, StoredRecord } from '@hourglass/journal'
import { beforeEach, describe, expect, it } from 'vitest'
import type { Transfer } from '../chain/block.ts'
import { ChannelSpends } from './channel-spends.ts'

const OUTPUT = { txid: 'c0'.repeat(32), index: 1, sequence: 0 }
const COIN = { txid: 'aa'.repeat(32), index: 0, sequence: 0 }
const CLAIM = Uint8Array.of(1, 2, 3)
const SPENDS: Transfer = { txid: 'dd'.repeat(32), inputs: [OUTPUT, COIN], outputs: [], weight: 0 }
const OTHERS: Transfer = { ...SPENDS, inputs: [COIN] }
const FEE_RATE = 1000

let sent: Uint8Array[]
let records: Map<string, Uint8Array>
let spends: ChannelSpends

function begin(): void {
  sent = []
  spends = new ChannelSpends({
    bump: () => undefined,
    send(raw) {
      sent.push(raw)
      // As all that is sent comes by.
      spends.sent(raw, SPENDS)
    },
    owns: ({ txid }) => txid === COIN.txid,
  })
  const stored = [...records].map(([key, value]): StoredRecord => ({ key, value }))
  spends.restore(stored)
}

function commit(): JournalRecord[] {
  const changes = spends.takeChanges()
  for (const { key, value } of changes) {
    if (value === undefined) records.delete(key)
    else records.set(key, value)
  }
  return changes
}

/** How many are sent at it. */
function block(height: number, ...transfers: Transfer[]): number {
  const before = sent.length
  spends.connect(transfers, height)
  spends.synced(height, FEE_RATE)
  commit()
  return sent.length - before
}

beforeEach(() => {
  records = new Map()
  begin()
  block(100)
  spends.sent(CLAIM, SPENDS)
  commit()
})

describe('what LDK spends of a channel', () => {
  it('is sent again with each block but the one at which LDK did so itself', () => {
    spends.synced(100, FEE_RATE)
    expect(sent).toEqual([])
    expect([101, 102, 103].map((height) => block(height, OTHERS))).toEqual([1, 1, 1])
    expect(sent[0]).toBe(CLAIM)
    spends.sent(Uint8Array.from(CLAIM), SPENDS)
    expect(commit()).toEqual([])
    spends.synced(103, FEE_RATE)
    expect(sent).toHaveLength(3)
  })

  it('is sent no more once it is spent, but again where that was taken back, until it is six blocks deep', () => {
    expect(block(101, SPENDS)).toBe(0)
    expect(block(102)).toBe(0)
    for (const height of [102, 101]) spends.disconnect(height)
    expect(block(101)).toBe(1)
    expect(block(102, SPENDS)).toBe(0)
    for (let height = 103; height < 108; height++) block(height)
    expect(records.size).toBe(1)
    block(108)
    expect(records.size).toBe(0)
  })

  it('outlives a restart', () => {
    begin()
    expect(block(101)).toBe(1)
    expect(sent).toEqual([CLAIM])
    block(102)
    block(103, SPENDS)
    begin()
    expect(block(104)).toBe(0)
    spends.disconnect(104)
    spends.disconnect(103)
    expect(block(103)).toBe(1)
  })

  it('is let go of where LDK has said nothing of it for a week', () => {
    expect(block(100 + 1007)).toBe(1)
    expect(block(100 + 1008)).toBe(0)
    expect(records.size).toBe(0)
  })
})
