/** Carries out what the outbox decides: broadcasts, and looks for receipts. Layer 1, io. */
import { now } from '@hourglass/sansio/io'
import type { Call, Outbox, OutboxInput, OutboxOutput, Receipt } from '../outbox.ts'
import type { Chain, View } from './chain.ts'

/** How a transaction ended. */
export type Ending =
  | { readonly kind: 'final'; readonly receipt: Receipt }
  /** Somebody else used its nonce: it has no effect. */
  | { readonly kind: 'displaced' }

export interface Sending {
  /** Settles when it is in a block, if only in the newest, or has ended otherwise. */
  readonly included: Promise<Receipt | undefined>
  readonly ended: Promise<Ending>
}

interface Promised {
  readonly include: (receipt: Receipt | undefined) => void
  readonly end: (ending: Ending) => void
}

export interface SenderOptions {
  readonly account: string
  readonly chain: Chain
  readonly outbox: Outbox
  /** Asks for a heartbeat at once. */
  readonly wake: () => void
  /** Tells people why a node did not take a transaction. */
  readonly refused: (message: string) => void
}

export class Sender {
  readonly #options: SenderOptions
  readonly #promised = new Map<number, Promised>()
  #nextId = 1

  constructor(options: SenderOptions) {
    this.#options = options
  }

  get idle(): boolean {
    return this.#options.outbox.idle
  }

  /** Takes the transaction on; it goes out with the next heartbeat. */
  send(call: Call): Sending {
    const id = this.#nextId++
    const included = Promise.withResolvers<Receipt | undefined>()
    const ended = Promise.withResolvers<Ending>()
    this.#promised.set(id, { include: included.resolve, end: ended.resolve })
    this.#options.outbox.handle({ kind: 'submit', id, call }, now())
    this.#options.wake()
    return { included: included.promise, ended: ended.promise }
  }

  async beat(view: View): Promise<void> {
    if (this.idle) return
    const { account, chain } = this.#options
    const [nonce, finalNonce, fees] = await Promise.all([
      chain.nonce(account, view.latest),
      chain.nonce(account, view.final),
      chain.fees(view),
    ])
    const head = { number: view.latest, finalNumber: view.final, nonce, finalNonce, fees }
    await this.#handle({ kind: 'head', head })
  }

  async #handle(input: OutboxInput): Promise<void> {
    const { outbox } = this.#options
    outbox.handle(input, now())
    const work: Promise<void>[] = []
    for (let output = outbox.poll(); output !== undefined; output = outbox.poll()) {
      work.push(this.#perform(output))
    }
    await Promise.all(work)
  }

  async #perform(output: OutboxOutput): Promise<void> {
    const promised = this.#promised.get(output.id)
    switch (output.kind) {
      case 'send':
        return this.#broadcast(output.id, output.transaction.raw)
      case 'look':
        return this.#look(output.id, output.hashes)
      case 'included':
        promised?.include(output.receipt)
        return
      case 'final':
        promised?.end({ kind: 'final', receipt: output.receipt })
        this.#promised.delete(output.id)
        return
      case 'displaced':
        promised?.include(undefined)
        promised?.end({ kind: 'displaced' })
        this.#promised.delete(output.id)
        return
    }
  }

  async #broadcast(id: number, raw: string): Promise<void> {
    const refusal = await this.#options.chain.broadcast(raw)
    if (refusal === undefined) return
    this.#options.refused(refusal.message)
    // All nodes say it with this word, and none with a code of its own.
    if (/underpriced/i.test(refusal.message)) await this.#handle({ kind: 'underpriced', id })
  }

  async #look(id: number, hashes: readonly string[]): Promise<void> {
    const receipts = await Promise.all(hashes.map((hash) => this.#options.chain.receipt(hash)))
    const receipt = receipts.find((each) => each !== undefined)
    await this.#handle({ kind: 'looked', id, receipt })
  }
}
