/** What a machine tells the people who run it: an output like any other. The shell logs, counts, exports. Base. */

/** One thing that happened, for people and metrics; nothing may depend on it, and it never carries a secret. */
export interface TraceOutput {
  readonly kind: 'trace'
  /** What happened, dotted, machine first: `channel.claim-sent`. */
  readonly event: string
  /** Numbers and names that explain it. */
  readonly fields: Readonly<Record<string, string | number | bigint | boolean>>
}
