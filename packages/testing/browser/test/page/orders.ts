/** What passes between the page and the server that it came from, as JSON. */
import type { Address } from '@hourglass/ilp'
import type { Seat } from './page-wallet.ts'

export interface Payee {
  readonly destination: Address
  readonly sharedSecretHex: string
}

export interface Orders {
  readonly seat: Seat
  readonly payee: Payee
  /** Base units. */
  readonly send: string
}

export type PageNews =
  | { readonly kind: 'paid'; readonly outcome: string; readonly sent: string; readonly delivered: string }
  | { readonly kind: 'receiving'; readonly payee: Payee }
  | { readonly kind: 'received'; readonly total: string }
  | { readonly kind: 'trouble'; readonly message: string }
