/** What may be wrong with encoded octets: the codes of this package's `DecodeError`s. Base. */
export type OerFault =
  /** The octets end before the field does. */
  | 'short'
  /** A length that no encoder writes: indefinite, with a leading zero, or in the long form below 128. */
  | 'bad-length'
  /** An integer without octets, or above 2^64-1. */
  | 'bad-varuint'
  | 'bad-utf8'
  /** No instant of the calendar, or not in digits. */
  | 'bad-timestamp'
