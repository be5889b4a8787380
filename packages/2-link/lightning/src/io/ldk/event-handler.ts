/** What LDK tells, carried out: each event together with the state that follows from it. Layer 2, io. */
import {
  type Event,
  Event_BumpTransaction,
  Event_ChannelClosed,
  Event_ChannelPending,
  Event_ChannelReady,
  Event_DiscardFunding,
  Event_FundingGenerationReady,
  Event_OpenChannelRequest,
  Event_PaymentClaimable,
  Event_PaymentClaimed,
  Event_PaymentFailed,
  Event_PaymentSent,
  Event_PendingHTLCsForwardable,
  Event_SpendableOutputs,
  Option_PaymentFailureReasonZ_Some as FailureReason,
  Option_ThirtyTwoBytesZ_Some as ThirtyTwoBytes,
  FundingInfo_Tx as FundingTransaction,
  Option_u32Z_Some as Height,
  Option_u64Z_Some as Amount,
  PaymentFailureReason,
  PaymentPurpose_Bolt11InvoicePayment as ByInvoice,
  PaymentPurpose_SpontaneousPayment as Spontaneous,
  type PaymentPurpose,
  type RecipientOnionFields,
} from 'lightningdevkit'
import { encodeHex } from '@hourglass/oer'
import type { CustomRecord, NodeEvent, PaymentEnd } from '../../node.ts'
import { decodeTransfer } from '../chain/block.ts'
import type { Wallet } from '../wallet/wallet.ts'
import { ANCHOR_RESERVE_SAT } from './anchor-wallet.ts'
import type { ChannelSpends } from './channel-spends.ts'
import type { Engine } from './engine.ts'
import type { Fees } from './fees.ts'
import type { PaymentBook } from './payment-book.ts'
import type { PeerKeeper } from './peer-keeper.ts'
import { type InboundLimits, refusalOf } from './inbound.ts'
import type { Publisher } from './publisher.ts'
import type { Sweeper } from './sweeper.ts'

/** No block is as high. */
const NEVER = 0xffffffff

export interface EventParts {
  readonly engine: Engine
  readonly wallet: Wallet
  readonly fees: Fees
  readonly book: PaymentBook
  readonly publisher: Publisher
  readonly sweeper: Sweeper
  readonly limits: InboundLimits
  readonly keeper: PeerKeeper
  readonly spends: ChannelSpends
  readonly height: () => number
  /** Told once the event is durable. */
  readonly tell: (event: NodeEvent) => void
  readonly ended: (hash: string, end: PaymentEnd) => void
  /** Lets payments that came in be taken up, soon. */
  readonly forward: () => void
  readonly log: (message: string) => void
}

export function makeEventHandler(parts: EventParts): (event: Event) => void {
  return (event) => {
    try {
      handle(parts, event)
    } catch (error) {
      // An error that LDK saw would stop the module; it tells the event again later.
      parts.log(`${event.constructor.name}: ${(error as Error).message}`)
    }
  }
}

function handle(parts: EventParts, event: Event): void {
  if (event instanceof Event_PaymentClaimable) return claim(parts, event)
  if (event instanceof Event_PaymentClaimed) return claimed(parts, event)
  if (event instanceof Event_PaymentSent) return sent(parts, event)
  if (event instanceof Event_PaymentFailed) return failed(parts, event)
  if (event instanceof Event_PendingHTLCsForwardable) return parts.forward()
  if (event instanceof Event_FundingGenerationReady) return fund(parts, event)
  if (event instanceof Event_OpenChannelRequest) return accept(parts, event)
  if (event instanceof Event_DiscardFunding) return discard(parts, event)
  if (event instanceof Event_SpendableOutputs) return sweep(parts, event)
  if (event instanceof Event_BumpTransaction) return parts.spends.tell(event.bump_transaction)
  const isAboutChannels =
    event instanceof Event_ChannelPending ||
    event instanceof Event_ChannelReady ||
    event instanceof Event_ChannelClosed
  if (isAboutChannels) parts.tell({ kind: 'channels' })
}

/** Takes it where we have the preimage; holds it where an invoice has somebody else's hash. */
function claim({ engine, book, tell }: EventParts, event: Event_PaymentClaimable): void {
  const { purpose, payment_hash: hash, amount_msat: amountMsat, claim_deadline: deadline } = event
  if (book.hasReceived(hash)) return engine.manager.fail_htlc_backwards(hash)
  const preimage = preimageOf(purpose)
  if (preimage === undefined) {
    // From this height on LDK fails it by itself.
    book.hold({ hash, amountMsat, deadline: deadline instanceof Height ? deadline.some : NEVER })
    return tell({ kind: 'held', hash, amountMsat })
  }
  book.claiming(hash)
  engine.manager.claim_funds(preimage)
}

function preimageOf(purpose: PaymentPurpose): Uint8Array | undefined {
  if (purpose instanceof Spontaneous) return purpose.spontaneous_payment
  const preimage = purpose instanceof ByInvoice ? purpose.payment_preimage : undefined
  return preimage instanceof ThirtyTwoBytes ? preimage.some : undefined
}

/** After a crash LDK may tell again what was told, and credited, before. */
function claimed({ book, tell }: EventParts, event: Event_PaymentClaimed): void {
  const { payment_hash: hash, amount_msat: amountMsat, onion_fields: fields } = event
  const receipt = book.received({ hash, amountMsat, records: recordsOf(fields) })
  if (receipt !== undefined) tell({ kind: 'received', receipt })
}

function recordsOf(fields: RecipientOnionFields): CustomRecord[] {
  return fields.custom_tlvs().map((record) => ({ type: record.get_a(), value: record.get_b() }))
}

function sent({ ended }: EventParts, event: Event_PaymentSent): void {
  const { payment_hash: hash, payment_preimage: preimage, fee_paid_msat: fee } = event
  ended(encodeHex(hash), { kind: 'sent', preimage, feeMsat: fee instanceof Amount ? fee.some : 0n })
}

function failed({ ended }: EventParts, event: Event_PaymentFailed): void {
  // The id of a payment is its hash.
  const { payment_id: hash, reason } = event
  const name = reason instanceof FailureReason ? PaymentFailureReason[reason.some] : undefined
  ended(encodeHex(hash), { kind: 'failed', reason: name?.split('_')[1] ?? 'unknown' })
}

/** Pays for a channel that the peer has accepted; LDK sends the transaction once the peer has signed. */
function fund({ engine, wallet, fees, height, log }: EventParts, event: Event_FundingGenerationReady): void {
  const { manager } = engine
  const { temporary_channel_id: id, counterparty_node_id: peer, channel_value_satoshis: amountSat } = event
  // This one is among them.
  const reserveSat = BigInt(manager.list_channels().length) * ANCHOR_RESERVE_SAT
  const { feeRate } = fees
  try {
    const raw = wallet.pay(event.output_script, amountSat, { feeRate, height: height(), reserveSat })
    const isTaken = manager.funding_transaction_generated(id, peer, raw)
    if (!isTaken.is_ok()) log('the channel is gone before it was funded')
  } catch (error) {
    manager.force_close_broadcasting_latest_txn(id, peer, 'no funds')
    log(`channel not funded: ${(error as Error).message}`)
  }
}

/** The channel that it was for is gone before anybody could send it. */
function discard({ publisher }: EventParts, { funding_info: info }: Event_DiscardFunding): void {
  if (info instanceof FundingTransaction) publisher.drop(decodeTransfer(info.transaction).txid)
}

function accept({ engine, wallet, height, ...parts }: EventParts, event: Event_OpenChannelRequest): void {
  const { temporary_channel_id: id, counterparty_node_id: peer, funding_satoshis: capacitySat } = event
  const { manager } = engine
  const peerId = encodeHex(peer)
  const channels = manager.list_channels()
  const peers = channels.map((channel) => encodeHex(channel.get_counterparty().get_node_id()))
  const request = {
    capacitySat,
    isWanted: parts.keeper.isWanted(peerId),
    channelsOfPeer: peers.filter((each) => each === peerId).length,
    channels: channels.length,
    walletSat: wallet.balanceSat(height()),
    reserveSat: BigInt(channels.length + 1) * ANCHOR_RESERVE_SAT,
  }
  const refusal = refusalOf(request, parts.limits)
  if (refusal === undefined) return void manager.accept_inbound_channel(id, peer, 0n)
  manager.force_close_broadcasting_latest_txn(id, peer, `channel refused: ${refusal}`)
  parts.log(`a channel of ${peerId} is refused: ${refusal}`)
}

/** Brings what is spendable into the wallet. */
function sweep({ sweeper, fees, height }: EventParts, event: Event_SpendableOutputs): void {
  sweeper.add(event.outputs)
  sweeper.sweep(height(), fees.feeRate)
}
