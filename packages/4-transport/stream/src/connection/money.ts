/** How the money of one packet is divided among streams. Layer 4. Spec: IL-RFC 29 §4.4.4, §5.3.8. */
import type { Frame } from '../wire/packet.ts'
import type { Shared } from './shared.ts'
import { type Stream, roomOf } from './stream.ts'

/** What one stream gets. */
export interface Share {
  readonly stream: Stream
  amount: bigint
}

/**
 * STR-60: each stream gets its share, rounded down; STR-61, X-STR4: what is left goes to the lowest stream that has
 * room. Undefined where the money finds no stream that takes it (STR-62, STR-63).
 */
export function divide(amount: bigint, frames: readonly Frame[], shared: Shared): Share[] | undefined {
  if (amount === 0n) return []
  if (amount > roomOf(shared.receiveMax, shared.received)) return undefined
  const { shares, sum } = collect(frames, shared)
  if (sum === 0n) return undefined
  let left = amount
  for (const share of shares) {
    share.amount = (amount * share.amount) / sum
    left -= share.amount
  }
  if (left > 0n) lowestWithRoom(shares).amount += left
  return shares.every((share) => share.amount <= share.stream.room) ? shares : undefined
}

/** Each stream once, with all its shares as the amount. Shares of closed streams are nobody's: nothing is taken. */
function collect(frames: readonly Frame[], { streams }: Shared): { shares: Share[]; sum: bigint } {
  const shares: Share[] = []
  let sum = 0n
  for (const frame of frames) {
    if (frame.type !== 0x11) continue
    const stream = streams.find(frame.streamId)
    if (stream === undefined) return { shares: [], sum: 0n }
    const known = shares.find((share) => share.stream === stream)
    if (known === undefined) shares.push({ stream, amount: frame.shares })
    else known.amount += frame.shares
    sum += frame.shares
  }
  return { shares, sum }
}

function lowestWithRoom(shares: readonly Share[]): Share {
  const open = shares.filter(({ stream, amount }) => amount < stream.room)
  const candidates = open.length > 0 ? open : shares
  return candidates.reduce((lowest, share) => (share.stream.id < lowest.stream.id ? share : lowest))
}
