/** What applications do with a connection. Testing. */
import type { Pair, Side } from './pair.ts'

/** Octets that differ from place to place. */
export function octets(length: number, seed = 7): Uint8Array {
  let state = seed
  return Uint8Array.from({ length }, () => (state = (state * 48_271) % 2_147_483_647) & 0xff)
}

/** Writes as fast as the connection takes it; calls `done` once all has arrived. */
export function write(pair: Pair, side: Side, streamId: bigint, data: Uint8Array): void {
  let at = 0
  const more = (): void => {
    const bytes = Math.min(pair.ends[side].writable(streamId), data.length - at)
    if (bytes === 0) return
    at += bytes
    pair.hand(side, { kind: 'write', streamId, data: data.subarray(at - bytes, at) })
  }
  pair.on((who, event) => {
    if (who === side && event.kind === 'drained' && event.streamId === streamId) more()
  })
  more()
}

/** An application that reads whatever comes. */
export function reading(pair: Pair): Pair {
  return pair.on((side, event) => {
    if (event.kind !== 'data') return
    const { streamId, data } = event
    pair.hand(side, { kind: 'read', streamId, bytes: data.length })
  })
}

/** Opens a stream that sends so much. */
export function send(pair: Pair, total: bigint, side: Side = 'client'): bigint {
  const streamId = pair.ends[side].open()!
  pair.hand(side, { kind: 'send', streamId, total })
  return streamId
}
