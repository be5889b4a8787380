/**
 * Watches what one node pays and is paid by channels on one account, across its crashes. Testing.
 * Claims only rise, never exceed what the ledger holds, and are durable before anybody sees them.
 */
import { CHANNEL_PROTOCOL } from '@hourglass/channel'
import {
  type ChannelRecords,
  type Claim,
  MessageType,
  decodeClaim,
  decodeRecords,
  messageType,
} from '@hourglass/channel/testing'
import type { LinkInput } from '@hourglass/link'
import { DecodeError } from '@hourglass/sansio'
import type { Chain } from '../chain.ts'
import type { Disk } from '../disk.ts'
import { check } from '../violation.ts'
import type { SettlementWatch } from './watched-settlement.ts'

export interface ClaimWatchOptions {
  readonly node: string
  readonly account: string
  readonly disk: Disk
  readonly chain: Chain
  /** Account base units of a ledger total. */
  readonly toAccount: (ledgerTotal: bigint) => bigint
}

export class ClaimWatch implements SettlementWatch {
  readonly #options: ClaimWatchOptions
  readonly #names: readonly string[]
  /** The highest claim of ours that anybody has seen, by channel. */
  readonly #shown = new Map<string, bigint>()
  /** The highest claim of the peer that is truly signed, by channel. */
  readonly #signed = new Map<string, bigint>()
  #received = 0n

  constructor(options: ClaimWatchOptions) {
    this.#options = options
    this.#names = [options.node]
  }

  /** A request of the peer. */
  asked(protocol: string, body: Uint8Array): void {
    const claim = protocol === CHANNEL_PROTOCOL ? readClaim(body) : undefined
    if (claim === undefined) return
    const { channelId, amount, signature } = claim
    const { chain, node } = this.#options
    const channel = chain.ledger.channels().find(({ id }) => id === channelId)
    const { scheme } = chain.open(node)
    if (channel === undefined || !scheme.verify(channelId, channel.terms.claimKey, amount, signature)) return
    if (amount > (this.#signed.get(channelId) ?? 0n)) this.#signed.set(channelId, amount)
  }

  /** A request of ours on its way to the peer. */
  asks({ protocol, body }: Extract<LinkInput<unknown>, { kind: 'request' }>): void {
    if (protocol === CHANNEL_PROTOCOL && messageType(body) === MessageType.Claim)
      this.#show(decodeClaim(body))
  }

  received(total: bigint): void {
    check(
      total >= this.#received,
      'received-only-rises',
      this.#names,
      () => `${this.#received}, then ${total}`,
    )
    this.#received = total
    const { received, incoming } = this.#records()
    let durable = received
    for (const { claim, start } of incoming) if (claim.amount > start) durable += claim.amount - start
    const known = this.#options.toAccount(durable)
    check(known >= total, 'settlement-before-commit', this.#names, () => `${total} told, ${known} durable`)
    let signed = 0n
    for (const amount of this.#signed.values()) signed += amount
    const owed = this.#options.toAccount(signed)
    check(total <= owed, 'received-is-signed', this.#names, () => `${total} of ${owed}`)
    const covered = this.#options.toAccount(this.#fromPeer('deposit'))
    check(total <= covered, 'received-within-deposit', this.#names, () => `${total} of ${covered}`)
  }

  /** Whether the ledger has paid all that was told as received. */
  checkRedeemed(): void {
    const paid = this.#options.toAccount(this.#fromPeer('claimed'))
    check(
      paid >= this.#received,
      'received-is-redeemed',
      this.#names,
      () => `${this.#received}, paid ${paid}`,
    )
  }

  /** Nobody escrows twice for one peer. */
  checkChannels(): void {
    const { node, account, chain } = this.#options
    const open = chain.ledger
      .channels()
      .filter(
        ({ terms, closesAt, closed }) =>
          terms.source === node && terms.destination === account && closesAt === undefined && !closed,
      )
    check(open.length <= 1, 'one-channel', this.#names, () => `${open.length} to ${account}`)
  }

  /** In all channels of the peer to us. */
  #fromPeer(what: 'deposit' | 'claimed'): bigint {
    const { node, account, chain } = this.#options
    let sum = 0n
    for (const channel of chain.ledger.channels()) {
      const { source, destination } = channel.terms
      if (source === account && destination === node) sum += channel[what]
    }
    return sum
  }

  #show({ channelId, amount }: Claim): void {
    const shown = this.#shown.get(channelId) ?? 0n
    check(amount >= shown, 'claims-only-rise', this.#names, () => `${shown}, then ${amount} on ${channelId}`)
    this.#shown.set(channelId, amount)
    const deposit = this.#options.chain.ledger.channels().find(({ id }) => id === channelId)?.deposit ?? 0n
    check(
      amount <= deposit,
      'claims-within-deposit',
      this.#names,
      () => `${amount} of ${deposit} on ${channelId}`,
    )
    const { claim } = this.#records().outgoing
    const durable = claim?.channelId === channelId ? claim.amount : 0n
    check(amount <= durable, 'claim-before-commit', this.#names, () => `${amount} sent, ${durable} durable`)
  }

  #records(): ChannelRecords {
    const { account, disk } = this.#options
    return decodeRecords(account, disk.load(`channel/${account}/`))
  }
}

function readClaim(body: Uint8Array): Claim | undefined {
  if (messageType(body) !== MessageType.Claim) return undefined
  try {
    return decodeClaim(body)
  } catch (error) {
    if (error instanceof DecodeError) return undefined
    throw error
  }
}
