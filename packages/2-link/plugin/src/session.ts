/** What a settlement by plugin and the plugin's shell say to one another. Layer 2. */

export type PluginAction =
  /** Call `sendMoney`, once: whatever comes of it, it is not called again for this payment. */
  | { readonly kind: 'pay'; readonly id: number; readonly amount: bigint }
  /** What came in under that id is durable: the plugin may forget it. */
  | { readonly kind: 'credited'; readonly id: number }

export type PluginEvent =
  /** `sendMoney` has said that it is done. */
  | { readonly kind: 'paid'; readonly id: number }
  /** `sendMoney` was not called at all. */
  | { readonly kind: 'unpaid'; readonly id: number }
  /** `sendMoney` was called, and has failed: whether the money is gone, nobody can say. */
  | { readonly kind: 'unknown'; readonly id: number; readonly reason: string }
  /** The plugin's word that money has come in, for good. */
  | { readonly kind: 'received'; readonly id: number; readonly amount: bigint }
  /** The operator says what became of the payment that is unknown. */
  | { readonly kind: 'decided'; readonly isPaid: boolean }
