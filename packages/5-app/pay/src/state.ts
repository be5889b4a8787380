/**
 * What a payment has come to: all that another process needs to go on with it. Layer 5.
 *
 * It is durable before a packet with money leaves, so whoever reads it knows the most that may have been sent. What is
 * uncertain counts as sent for ever: it is never sent again, so nothing is paid twice.
 */
import type { Instant } from '@hourglass/sansio'
import { type Credentials, type PaymentAmount, type Ratio, mulCeil, mulFloor } from '@hourglass/stream'

export interface PaymentState {
  readonly amount: PaymentAmount
  /** The worst rate that is paid for, in all of the payment. */
  readonly minimumRate: Ratio
  /** The most that is sent in all. */
  readonly sendMax: bigint
  /** Fulfilled. */
  readonly sent: bigint
  /** What the receiver has confirmed of all. */
  readonly delivered: bigint
  /** Packets that were fulfilled and carried money. */
  readonly packets: number
  /** Of earlier connections: sent, and nobody said what became of it. */
  readonly uncertain: bigint
  /** What that has delivered at least, if it was paid at all, besides what is `delivered`. */
  readonly unconfirmed: bigint
  readonly connection: ConnectionState
}

/** The connection that was last in use. */
export interface ConnectionState extends Credentials {
  /** Of the last packet that was sent on it. */
  readonly lastSequence: bigint
  /** What the receiver has confirmed of this connection. */
  readonly delivered: bigint
  /** What is on its way, or was when the process ended. */
  readonly uncertain: bigint
  /** When all of that has arrived, or never will. */
  readonly expiresAt: Instant
}

/** On its way, or lost. */
export function uncertainOf({ uncertain, connection }: PaymentState): bigint {
  return uncertain + connection.uncertain
}

/**
 * What is known once the receiver has said what the connection brought it, or nothing (undefined). If that is worth all
 * that was uncertain, all of it counts as sent. A receiver that says less is not believed.
 */
export function settle(state: PaymentState, received: bigint | undefined): PaymentState {
  const { connection } = state
  const least = leastOf(state)
  const more = connection.uncertain > 0n ? above(received, connection.delivered) : 0n
  const isConfirmed = more >= least
  return {
    ...state,
    sent: state.sent + (isConfirmed ? connection.uncertain : 0n),
    delivered: state.delivered + more,
    uncertain: state.uncertain + (isConfirmed ? 0n : connection.uncertain),
    unconfirmed: state.unconfirmed + (isConfirmed ? 0n : least - more),
    connection: { ...connection, delivered: connection.delivered + more, uncertain: 0n },
  }
}

/** What the receiver has to say to have got for all that is uncertain to be cleared up. */
export function clearedAt(state: PaymentState): bigint {
  return state.connection.delivered + leastOf(state)
}

/** What is still to be paid; undefined where nothing is. Nothing is on its way. */
export function restOf(state: PaymentState): PaymentAmount | undefined {
  const { amount, delivered, unconfirmed, sendMax } = state
  if ('send' in amount) {
    const send = sendMax - offeredOf(state)
    return send > 0n ? { send } : undefined
  }
  const deliver = amount.deliver - delivered - unconfirmed
  return deliver > 0n ? { deliver } : undefined
}

/** Whether the receiver has confirmed what was agreed on. */
export function isComplete(state: PaymentState): boolean {
  const { amount, sent, delivered, minimumRate } = state
  if ('deliver' in amount) return delivered >= amount.deliver
  if (sent === amount.send) return true
  return offeredOf(state) === amount.send && delivered >= mulFloor(amount.send, minimumRate)
}

function above(received: bigint | undefined, delivered: bigint): bigint {
  return received !== undefined && received > delivered ? received - delivered : 0n
}

/** Sent for sure, or maybe. */
function offeredOf({ sent, uncertain, connection }: PaymentState): bigint {
  return sent + uncertain + connection.uncertain
}

/** What the uncertain part of the connection delivers at least, if it is paid. */
function leastOf({ connection, minimumRate }: PaymentState): bigint {
  return mulCeil(connection.uncertain, minimumRate)
}
