/** One account of a host: the terms, the way to the peer, and where it is settled. Testing. */
import { ChannelSettlement } from '@hourglass/channel'
import { type Link, MemoryLink } from '@hourglass/link'
import { BtpLink } from '@hourglass/link-btp'
import type { PeerRouting, Relation } from '@hourglass/routing'
import type { Rng } from '@hourglass/sansio'
import { nodeCrypto } from '@hourglass/sansio/io'
import type { Chain } from './chain.ts'
import type { SettlementPlan, Terms } from './plan.ts'
import type { Side, Wire, WireKind } from './wire.ts'

export interface HostAccount {
  /** The peer's name. */
  readonly id: string
  readonly relation: Relation
  /** What they tell one another of routes, where routes are exchanged. */
  readonly routing: PeerRouting
  readonly terms: Terms
  readonly wire: Wire
  readonly wireKind: WireKind
  readonly side: Side
  /** Where it is settled; undefined: nowhere. */
  readonly chain: Chain | undefined
}

/** How long either side has to redeem once the other closes: longer than any failure here. */
export const SETTLE_DELAY_MS = 300_000
const ASSET = 'native'

export function newLink({ wireKind, side, id }: HostAccount, node: string): Link<never, unknown> {
  if (wireKind !== 'btp') return new MemoryLink()
  const options = side === 0 ? ({ role: 'client', username: node, token: `${node} ${id}` } as const) : SERVER
  return new BtpLink(options)
}

const SERVER = { role: 'server' } as const

/** The settlement of that account by the ledger account that is named like its node. */
export function newSettlement(
  { id, terms }: HostAccount,
  { node, chain, plan, rng }: { node: string; chain: Chain; plan: SettlementPlan; rng: Rng },
): ChannelSettlement {
  const ledger = chain.open(node)
  return new ChannelSettlement({
    account: id,
    accountScale: terms.asset.scale,
    ledgerName: ledger.name,
    ledgerAccount: ledger.account,
    ledgerScale: ledger.assetScale(ASSET),
    scheme: ledger.scheme,
    asset: ASSET,
    rng,
    crypto: nodeCrypto,
    deposit: plan.deposit,
    settleDelayMs: SETTLE_DELAY_MS,
    settleDelayMsMin: SETTLE_DELAY_MS,
    ...(plan.redeemThreshold !== undefined && { redeemThreshold: plan.redeemThreshold }),
  })
}
