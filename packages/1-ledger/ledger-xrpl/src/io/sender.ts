/** Carries out what the outbox decides: submits, and tells how a transaction ended. Layer 1, io. */
import { textAt } from '../json.ts'
import type { Fields, Outbox, OutboxInput, OutboxOutput } from '../outbox.ts'
import type { ValidatedTransaction } from '../transaction.ts'
import type { Connection } from './connection.ts'
import { ServerError, XrplError } from './errors.ts'
import type { Onlooker } from './feed.ts'
import type { Head } from './head.ts'

/** How a transaction ended. */
export type Ending =
  | { readonly kind: 'final'; readonly transaction: ValidatedTransaction }
  /** It will have no effect. `answer` is a server's last word on it. */
  | { readonly kind: 'void'; readonly answer: string | undefined }

export interface Draft {
  readonly fields: Fields
  /** The account's in the ledger `ledgerIndex`, on which it was planned. */
  readonly sequence: number
  readonly ledgerIndex: number
  readonly feeDrops: bigint
}

export interface SenderOptions {
  readonly account: string
  readonly connection: Connection
  readonly outbox: Outbox
  /** What gets a transaction into the next ledger. */
  readonly feeDrops: () => Promise<bigint>
  /** The account's next sequence number in that ledger. */
  readonly sequence: (ledger: Head) => Promise<number>
  /** A word to a server is given up after that long; the next ledger brings another. */
  readonly patienceMs: number
  readonly trace: (message: string) => void
}

export class Sender implements Onlooker {
  readonly #options: SenderOptions
  #nextId = 1
  #end: ((ending: Ending) => void) | undefined
  /** What is told when its ledger is the current one. */
  #ended: (() => void)[] = []
  /** The transaction that is being shown. */
  #shown: ValidatedTransaction | undefined

  constructor(options: SenderOptions) {
    this.#options = options
  }

  /** One at a time. Resolves when it is known how it ended, and all transactions of that ledger were shown. */
  send(draft: Draft): Promise<Ending> {
    return new Promise((resolve) => {
      this.#end = resolve
      this.#handle({ kind: 'submit', id: this.#nextId++, ...draft })
    })
  }

  wanted(): boolean {
    return !this.#options.outbox.idle
  }

  seen(transaction: ValidatedTransaction): void {
    const { Account: account, Sequence: sequence } = transaction.fields
    if (account !== this.#options.account || typeof sequence !== 'number') return
    this.#shown = transaction
    this.#handle({ kind: 'validated', transaction: { hash: transaction.hash, sequence } })
  }

  async skipped(head: Head): Promise<void> {
    if (this.#options.outbox.idle) return
    this.#handle({ kind: 'gap', sequence: await this.#options.sequence(head) })
  }

  async beat(head: Head): Promise<void> {
    try {
      if (this.#options.outbox.idle) return
      const feeDrops = await this.#options.feeDrops()
      this.#handle({ kind: 'ledger', ledgerIndex: head.index, feeDrops })
    } finally {
      const ended = this.#ended
      this.#ended = []
      for (const tell of ended) tell()
    }
  }

  #handle(input: OutboxInput): void {
    const { outbox } = this.#options
    outbox.handle(input)
    for (let output = outbox.poll(); output !== undefined; output = outbox.poll()) this.#perform(output)
  }

  #perform(output: OutboxOutput): void {
    switch (output.kind) {
      case 'send':
        void this.#submit(output.id, output.transaction.blob)
        return
      case 'final':
        return this.#tell({ kind: 'final', transaction: this.#shown! })
      case 'void':
        return this.#tell({ kind: 'void', answer: output.answer })
    }
  }

  #tell(ending: Ending): void {
    const end = this.#end!
    this.#ended.push(() => end(ending))
  }

  async #submit(id: number, blob: string): Promise<void> {
    const { connection, patienceMs, trace } = this.#options
    try {
      const answer = await connection.request({ command: 'submit', tx_blob: blob }, patienceMs)
      const result = textAt(answer, 'engine_result')
      if (result !== undefined) this.#handle({ kind: 'answered', id, result })
      if (result !== 'tesSUCCESS') trace(`submit: ${result} ${textAt(answer, 'engine_result_message')}`)
    } catch (error) {
      if (error instanceof ServerError) {
        trace(`submit: ${error.message}`)
        this.#handle({ kind: 'answered', id, result: error.code })
      } else if (!(error instanceof XrplError)) throw error
    }
  }
}
