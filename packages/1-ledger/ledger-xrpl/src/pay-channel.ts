/**
 * Channels as servers show them: entries of a ledger, and what a transaction's metadata says became of them. Layer 1.
 * Spec: XRP Ledger, PayChannel entry and transaction metadata. Fields that we do not know are left alone.
 */
import type { ChannelState, ChannelTerms } from '@hourglass/ledger'
import type { Instant } from '@hourglass/sansio'
import { decodeAddress } from './address.ts'
import { type ChannelId, channelIndex, encodeChannelId } from './channel-id.ts'
import { isPublicKey } from './curves.ts'
import { type Json, countAt, dropsAt, hashAt, objectAt, objectsAt, textAt } from './json.ts'
import { decodeReference } from './reference.ts'
import { toInstant } from './time.ts'
import type { ValidatedTransaction } from './transaction.ts'

/** What channels hold. */
export const NATIVE = 'native'

/** A PayChannel entry, in our words. */
export interface PayChannel {
  readonly source: string
  readonly destination: string
  /** Lower-case hex. */
  readonly claimKey: string
  readonly settleDelayMs: number
  readonly deposit: bigint
  readonly claimed: bigint
  /** When the close that the source asked for takes effect. */
  readonly expiresAt: Instant | undefined
  /** End that was set when the channel was opened, and that nothing moves. */
  readonly cancelsAt: Instant | undefined
}

/** What a transaction did to a channel. */
export interface ChannelChange {
  readonly kind: 'created' | 'modified' | 'deleted'
  readonly index: string
  /** Afterwards; of a deleted one, at its end. */
  readonly channel: PayChannel
}

/** Reads an entry's fields; undefined for what is no PayChannel. */
export function decodePayChannel(fields: Json): PayChannel | undefined {
  const source = textAt(fields, 'Account')
  const destination = textAt(fields, 'Destination')
  const claimKey = textAt(fields, 'PublicKey')?.toLowerCase()
  const settleDelayS = countAt(fields, 'SettleDelay') ?? 0
  const deposit = dropsAt(fields, 'Amount')
  // New entries are shown without what is zero.
  const claimed = 'Balance' in fields ? dropsAt(fields, 'Balance') : 0n
  if (source === undefined || destination === undefined || deposit === undefined || claimed === undefined)
    return undefined
  if (claimKey === undefined || !isPublicKey(claimKey)) return undefined
  const timeAt = (name: string): Instant | undefined => {
    const seconds = countAt(fields, name)
    return seconds === undefined ? undefined : toInstant(seconds)
  }
  return {
    source,
    destination,
    claimKey,
    settleDelayMs: settleDelayS * 1000,
    deposit,
    claimed,
    expiresAt: timeAt('Expiration'),
    cancelsAt: timeAt('CancelAfter'),
  }
}

/** All channels that a transaction changed. One that is only mentioned, unchanged, is left out. */
export function channelChanges({ meta }: Pick<ValidatedTransaction, 'meta'>): ChannelChange[] {
  return objectsAt(meta, 'AffectedNodes').flatMap((node) => {
    for (const [name, kind, fields] of NODES) {
      const affected = objectAt(node, name)
      const index = hashAt(affected, 'LedgerIndex')
      if (affected['LedgerEntryType'] !== 'PayChannel' || index === undefined) continue
      const channel = decodePayChannel(objectAt(affected, fields))
      if (channel !== undefined) return [{ kind, index, channel }]
    }
    return []
  })
}

/** What a transaction did to the channel of that index. */
export function changeOf(transaction: ValidatedTransaction, index: string): ChannelChange | undefined {
  return channelChanges(transaction).find((change) => change.index === index)
}

const NODES = [
  ['CreatedNode', 'created', 'NewFields'],
  ['ModifiedNode', 'modified', 'FinalFields'],
  ['DeletedNode', 'deleted', 'FinalFields'],
] as const

/** What a channel was opened on. */
export interface Creation {
  readonly id: ChannelId
  readonly terms: ChannelTerms
  readonly ledgerIndex: number
}

/**
 * The channel that a transaction made, by its own fields; undefined where it made none. The metadata has to agree: an
 * entry of any other index is none of this transaction's.
 */
export function decodeCreation(transaction: ValidatedTransaction): Creation | undefined {
  const { hash, fields, ledgerIndex } = transaction
  const made = channelChanges(transaction).find(({ kind }) => kind === 'created')
  const told = decodePayChannel(fields)
  if (fields['TransactionType'] !== 'PaymentChannelCreate' || made === undefined || told === undefined)
    return undefined
  const { source, destination, claimKey, settleDelayMs } = told
  if (decodeAddress(source) === undefined || decodeAddress(destination) === undefined) return undefined
  const sequence = countAt(fields, 'TicketSequence') ?? countAt(fields, 'Sequence') ?? 0
  if (made.index !== channelIndex(source, destination, sequence)) return undefined
  // Channels of other programs have no reference: the hash is as good, since no two channels share it.
  const reference = decodeReference(fields) ?? hash.toLowerCase()
  const terms = { source, destination, claimKey, asset: NATIVE, settleDelayMs, reference }
  return { id: { index: made.index, creation: hash }, terms, ledgerIndex }
}

/** The face's view of a channel. */
export function toState({ id, terms }: Creation, channel: PayChannel, closed: boolean): ChannelState {
  const { deposit, claimed } = channel
  return { id: encodeChannelId(id), terms, deposit, claimed, closesAt: endOf(channel), closed }
}

/** Whichever end comes first. */
export function endOf({ expiresAt, cancelsAt }: PayChannel): Instant | undefined {
  if (expiresAt === undefined || cancelsAt === undefined) return expiresAt ?? cancelsAt
  return Math.min(expiresAt, cancelsAt)
}
