/** The messages of the `lightning` protocol. Layer 2, wire. */
export const MessageType = {
  Hello: 1,
  InvoiceRequest: 2,
  Invoice: 3,
  InboundRequest: 4,
  Inbound: 5,
} as const
