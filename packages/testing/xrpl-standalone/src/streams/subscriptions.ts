/**
 * Who wants to hear what. Testing.
 */

/** One connection, as streams see it. */
export interface Client {
  /** Sends a message nobody asked for. */
  readonly push: (message: Readonly<Record<string, unknown>>) => void
}

export const STREAMS = ['ledger', 'server', 'transactions', 'transactions_proposed'] as const
export type Stream = (typeof STREAMS)[number]

export interface Interests {
  /** API version of the newest subscription: the form of the messages. */
  version: number
  readonly streams: Set<Stream>
  readonly accounts: Set<string>
  readonly accountsProposed: Set<string>
}

export class Subscriptions {
  readonly #interests = new Map<Client, Interests>()

  of(client: Client): Interests {
    let interests = this.#interests.get(client)
    if (interests === undefined) {
      interests = { version: 1, streams: new Set(), accounts: new Set(), accountsProposed: new Set() }
      this.#interests.set(client, interests)
    }
    return interests
  }

  remove(client: Client): void {
    this.#interests.delete(client)
  }

  [Symbol.iterator](): Iterator<[Client, Interests]> {
    return this.#interests.entries()
  }
}
