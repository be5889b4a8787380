/** The two ends of a STREAM payment, as the benches see them. Tooling. */
import type { Credentials } from '@hourglass/stream'
import type { EndAddress } from './raw-end.ts'

export interface StreamReceiver {
  /** For one payment. */
  credentials(): Credentials
}

export interface StreamPayer {
  /** A connection and a payment; throws unless all of it was delivered. */
  pay(credentials: Credentials, amount: bigint): Promise<void>
}

/** The same ends, each in a process of its own with a link to a connector. */
export interface StreamBtpSubject {
  /** How much it is given to do, since some are slow. */
  readonly load: StreamLoad
  receive(end: StreamEnd): Promise<StreamReceiver>
  pay(end: StreamEnd): Promise<StreamPayer>
}

export interface StreamLoad {
  /** In one payment. */
  readonly packets: number
  /** In each of the payments that are made at once. */
  readonly packetsAtOnce: number
  /** Of one packet, one after the other. */
  readonly payments: number
}

export interface StreamEnd extends EndAddress {
  /** Its own ILP address. */
  readonly address: string
  /** That of the end that is paid. */
  readonly receiver: string
  /** Empty, and its own. */
  readonly directory: string
}
