/** A peering in which Alice has paid Bob, and what tests ask of it. Testing. */
import type { ChannelState, ChannelTerms } from '@hourglass/ledger'
import { nodeCrypto } from '@hourglass/sansio/io'
import { type ChannelOptions, referencePrefixOf } from '../options.ts'
import { type Answer, decodeAnswer } from '../wire/answer.ts'
import { type Claim, encodeClaim } from '../wire/claim.ts'
import { DELAY_MS, Peering } from './peering.ts'

/** A connected peering in which Alice has paid Bob `total`. */
export function paid(total: bigint, options: Partial<ChannelOptions> = {}): Peering {
  const peering = new Peering(options)
  peering.connect()
  peering.settle(peering.alice, total)
  peering.rest()
  return peering
}

/** The channels that Alice pays with, oldest first. */
export function channels(peering: Peering): ChannelState[] {
  return peering.ledger.channels().filter(({ terms }) => terms.source === 'alice')
}

/** The one channel that Alice pays with. */
export function channel(peering: Peering): ChannelState {
  const [only, ...others] = channels(peering)
  if (only === undefined || others.length > 0)
    throw new Error(`Alice has ${others.length + 1} channels, not one`)
  return only
}

/** A claim that Alice signs. */
export function claimFor(peering: Peering, channelId: string, amount: bigint): Claim {
  return { channelId, amount, signature: peering.ledger.open('alice').scheme.sign(channelId, amount) }
}

/** What Bob answers to a claim that arrives out of the blue. */
export function claimTo(peering: Peering, claim: Claim): Answer {
  return decodeAnswer(peering.ask(peering.bob, encodeClaim(claim))!)
}

/** Terms on which Bob is paid for the account of `Peering`. */
export function termsToBob(peering: Peering, change: Partial<ChannelTerms> = {}): ChannelTerms {
  const prefix = referencePrefixOf({
    account: 'peer',
    ledgerName: peering.ledger.name,
    ledgerAccount: 'bob',
    crypto: nodeCrypto,
  })
  return {
    source: 'alice',
    destination: 'bob',
    claimKey: peering.ledger.open('alice').scheme.claimKey,
    asset: 'native',
    settleDelayMs: DELAY_MS,
    reference: prefix.padEnd(64, 'f'),
    ...change,
  }
}

/** Opens a channel with Alice's ledger account, behind her settlement's back; returns its name. */
export function openBehind(peering: Peering, terms: ChannelTerms, deposit = 100n): string {
  peering.perform(peering.alice, { kind: 'open', terms, deposit })
  peering.flow()
  return `${terms.source}>${terms.destination}#${terms.reference}`
}
