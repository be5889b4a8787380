/** What a receiver hands to a payer: an address of its own and a secret that goes with it. Layer 4. IL-RFC 29 §4.1. */
import type { Address } from '@hourglass/ilp'

export interface Credentials {
  readonly destination: Address
  /** 32 octets; whoever has them can pay and read what is paid. */
  readonly sharedSecret: Uint8Array
}

/** An asset as its owner names it. */
export interface AssetDetails {
  readonly assetCode: string
  /** Base units per 1: 10^scale, 0 … 255. */
  readonly assetScale: number
}
