/**
 * The machines of one wallet's process, for as long as it lives: a link, and a settlement where it has one. Testing.
 * A small part of what `Node` does for a connector: it carries what one says to the other, and asks the world.
 */
import type { LedgerAction, LedgerSession } from '@hourglass/ledger'
import type { Link, LinkInput, LinkOutput, Settlement, SettlementOutput } from '@hourglass/link'
import { type Instant, TIMEOUT } from '@hourglass/sansio'
import type { Answer } from './payment.ts'
import type { Timer } from './timer.ts'

/** What the wallet does for its machines. */
export interface WalletShell {
  now(): Instant
  timer(fire: () => void): Timer
  /** Has `act` happen now, but not from within. */
  soon(act: () => void): void
  sendWire(wire: unknown): void
  commit(records: Extract<SettlementOutput<unknown>, { kind: 'commit' }>['records'], done: () => void): void
  linkChanged(isUp: boolean): void
  /** The reply to the connector's request; undefined: it is not served here. */
  serve(protocol: string, body: Uint8Array): Uint8Array | undefined
  /** What was settled by the connector, in all. */
  received(total: bigint): void
  trace(event: string, fields: Readonly<Record<string, unknown>>): void
}

export class WalletStack {
  readonly #shell: WalletShell
  readonly #link: Link<unknown, unknown>
  readonly #settlement: Settlement<unknown, unknown> | undefined
  readonly #session: LedgerSession | undefined
  readonly #linkTimer: Timer
  readonly #settlementTimer: Timer
  /** Who waits for the answers to our requests. */
  readonly #answers = new Map<number, (answer: Answer) => void>()
  #lastId = 0
  #isOver = false

  constructor(
    shell: WalletShell,
    link: Link<unknown, unknown>,
    {
      settlement,
      session,
    }: { settlement?: Settlement<unknown, unknown> | undefined; session?: LedgerSession | undefined },
  ) {
    this.#shell = shell
    this.#link = link
    this.#settlement = settlement
    this.#session = session
    this.#linkTimer = shell.timer(() => this.toLink(TIMEOUT))
    this.#settlementTimer = shell.timer(() => this.toSettlement(TIMEOUT))
  }

  toLink(input: LinkInput<unknown>): void {
    if (this.#isOver) return
    this.#link.handle(input, this.#shell.now())
    this.#drain()
  }

  toSettlement(input: Parameters<Settlement<unknown, unknown>['handle']>[0]): void {
    if (this.#isOver) return
    this.#settlement?.handle(input, this.#shell.now())
    this.#drain()
  }

  /** Asks the connector. The answer comes later, never from within. */
  ask(
    request: { readonly protocol: string; readonly body: Uint8Array; readonly deadline: Instant },
    done: (answer: Answer) => void,
  ): void {
    const id = ++this.#lastId
    this.#answers.set(id, done)
    this.#link.handle({ kind: 'request', id, ...request }, this.#shell.now())
    this.#shell.soon(() => {
      if (!this.#isOver) this.#drain()
    })
  }

  /** The process ends. */
  end(): void {
    this.#isOver = true
    this.#linkTimer.stop()
    this.#settlementTimer.stop()
    this.#session?.close()
  }

  /** Carries outputs from machine to machine until none is left. */
  #drain(): void {
    const [link, settlement] = [this.#link, this.#settlement]
    let isBusy = true
    while (isBusy) {
      isBusy = false
      for (let output = link.poll(); output !== undefined; output = link.poll()) {
        isBusy = true
        this.#fromLink(output)
      }
      for (let output = settlement?.poll(); output !== undefined; output = settlement?.poll()) {
        isBusy = true
        this.#fromSettlement(output)
      }
    }
    this.#linkTimer.arm(link.nextTimeout())
    this.#settlementTimer.arm(settlement?.nextTimeout())
  }

  #fromLink(output: LinkOutput<unknown>): void {
    switch (output.kind) {
      case 'wire':
        this.#shell.sendWire(output.wire)
        break
      case 'request':
        this.#serve(output)
        break
      case 'reply':
      case 'failed': {
        const done = this.#answers.get(output.id)
        this.#answers.delete(output.id)
        done?.(output.kind === 'reply' ? output.body : output.failure)
        break
      }
      case 'up':
      case 'down':
        this.#settlement?.handle({ kind: output.kind }, this.#shell.now())
        this.#shell.linkChanged(output.kind === 'up')
        break
    }
  }

  #serve({ id, protocol, body }: Extract<LinkOutput<unknown>, { kind: 'request' }>): void {
    const now = this.#shell.now()
    if (protocol === this.#settlement?.protocol) {
      return this.#settlement.handle({ kind: 'request', id, body }, now)
    }
    const reply = this.#shell.serve(protocol, body)
    if (reply === undefined) this.#link.handle({ kind: 'refuse', id, message: 'not served here' }, now)
    else this.#link.handle({ kind: 'reply', id, body: reply }, now)
  }

  #fromSettlement(output: SettlementOutput<unknown>): void {
    switch (output.kind) {
      case 'request': {
        const { id, body, deadline } = output
        const protocol = this.#settlement?.protocol ?? ''
        this.ask({ protocol, body, deadline }, (answer) => this.#answerSettlement(id, answer))
        break
      }
      case 'reply':
      case 'refuse':
        this.#link.handle(output, this.#shell.now())
        break
      case 'ledger':
        this.#session?.perform(output.action as LedgerAction)
        break
      case 'commit': {
        const { id, records } = output
        this.#shell.commit(records, () => this.toSettlement({ kind: 'committed', id }))
        break
      }
      case 'received':
        this.#shell.received(output.total)
        break
      case 'sent':
        break
      case 'trace':
        this.#shell.trace(output.event, output.fields)
        break
    }
  }

  #answerSettlement(id: number, answer: Answer): void {
    const now = this.#shell.now()
    if (typeof answer === 'string') this.#settlement?.handle({ kind: 'failed', id, failure: answer }, now)
    else this.#settlement?.handle({ kind: 'reply', id, body: answer }, now)
  }
}
