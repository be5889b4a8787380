/** One user of a ledger, who remembers what it hears and can wait for it. Layer 1, testing. */
import type { ChannelState, ChannelTerms } from '../channel.ts'
import type { Ledger, LedgerAction, LedgerEvent, LedgerSession } from '../ledger.ts'

type Distribute<T> = T extends unknown ? Omit<T, 'id'> : never
export type Wanted = Distribute<LedgerAction>
export type End = Exclude<LedgerEvent, { kind: 'channel' }>
export type Done = Extract<LedgerEvent, { kind: 'done' }>

export class Client<Adapter extends Ledger = Ledger> {
  readonly ledger: Adapter
  readonly events: LedgerEvent[] = []
  readonly session: LedgerSession
  #lastId = 0
  #heard = Promise.withResolvers<undefined>()

  constructor(ledger: Adapter) {
    this.ledger = ledger
    this.session = ledger.connect((event) => {
      this.events.push(event)
      this.#heard.resolve(undefined)
      this.#heard = Promise.withResolvers()
    })
  }

  /** How the action ends. */
  perform(action: Wanted): Promise<End> {
    const id = ++this.#lastId
    this.session.perform({ ...action, id })
    return this.until(() =>
      this.events.find((event): event is End => event.kind !== 'channel' && event.id === id),
    )
  }

  async succeed(action: Wanted): Promise<Done> {
    const end = await this.perform(action)
    if (end.kind === 'failed') throw new Error(`${action.kind}: ${end.refusal}: ${end.message}`)
    return end
  }

  /** The newest state of a channel. */
  state(channelId: string): ChannelState | undefined {
    return this.events
      .flatMap((event) => (event.kind === 'channel' && event.channel.id === channelId ? [event.channel] : []))
      .at(-1)
  }

  /** Waits until what it heard makes `find` answer. */
  async until<Result>(find: () => Result | undefined): Promise<Result> {
    for (;;) {
      const result = find()
      if (result !== undefined) return result
      await this.#heard.promise
    }
  }

  /** Waits for a state of a channel. */
  see(channelId: string, isIt: (state: ChannelState) => boolean): Promise<ChannelState> {
    return this.until(() => {
      const state = this.state(channelId)
      return state !== undefined && isIt(state) ? state : undefined
    })
  }
}

let references = 0

/** Terms of a channel between two ledgers that nobody has used before. */
export function termsBetween(from: Ledger, to: Ledger, changes: Partial<ChannelTerms> = {}): ChannelTerms {
  return {
    source: from.account,
    destination: to.account,
    claimKey: from.scheme.claimKey,
    asset: 'native',
    settleDelayMs: 3_600_000,
    reference: (++references).toString(16).padStart(8, '0').padEnd(64, '0'),
    ...changes,
  }
}
