/** What the program with the npm peers is told, and what it answers. */

export interface Credentials {
  readonly destination: string
  readonly sharedSecret: Uint8Array
}

export interface ReceiptDetails {
  readonly nonce: Uint8Array
  readonly secret: Uint8Array
}

export type Order =
  | { readonly kind: 'open-client' | 'open-server'; readonly link: string }
  | { readonly kind: 'open-receiver'; readonly link: string; readonly address: string }
  | { readonly kind: 'server-credentials'; readonly receipt?: ReceiptDetails }
  | { readonly kind: 'receiver-credentials' | 'received' }
  | {
      readonly kind: 'send-by-stream' | 'send-by-pay'
      readonly credentials: Credentials
      readonly amount: bigint
    }

export interface Answers {
  readonly 'open-client': undefined
  readonly 'open-server': undefined
  readonly 'open-receiver': undefined
  readonly 'server-credentials': Credentials
  readonly 'receiver-credentials': Credentials
  /** What was delivered. */
  readonly 'send-by-stream': bigint
  readonly 'send-by-pay': bigint
  readonly received: { readonly server: bigint; readonly receiver: bigint }
}
