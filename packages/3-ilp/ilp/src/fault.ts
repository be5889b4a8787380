/** What may be wrong with a packet: the codes of this package's `DecodeError`s. Layer 3. */
import type { OerFault } from '@hourglass/oer'

export type IlpFault =
  | OerFault
  /** Not the type of packet that was asked for, or none at all. */
  | 'bad-type'
  | 'bad-address'
  /** Not three ASCII characters, or control characters among them. */
  | 'bad-error-code'
  /** More than 32 767 octets of data. */
  | 'long-data'
  /** An IL-DCP response whose fulfillment is not the agreed one. */
  | 'bad-fulfillment'
