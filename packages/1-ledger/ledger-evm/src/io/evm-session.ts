/** What one user of a ledger asks and is told. Layer 1, io. */
import type { ChannelState, LedgerAction, LedgerEvent, LedgerRefusal, LedgerSession } from '@hourglass/ledger'
import { decodeChannelId, encodeChannelId } from '../channel-id.ts'
import type { Refused } from '../plan.ts'
import type { Actions, Outcome, Sighting } from './actions.ts'
import { EvmError } from './errors.ts'
import type { Heartbeat } from './heartbeat.ts'

export interface EvmSessionOptions {
  readonly listener: (event: LedgerEvent) => void
  readonly actions: Actions
  readonly heartbeat: Heartbeat
  /** Whether a channel may hold that asset. */
  readonly mayHold: (asset: string) => boolean
  /** The session watches one more channel. */
  readonly watches: () => void
  readonly left: () => void
}

export class EvmSession implements LedgerSession {
  /** Channels by name, as they were reported last. */
  readonly #watching = new Map<string, Sighting>()
  readonly #options: EvmSessionOptions
  #closed = false

  constructor(options: EvmSessionOptions) {
    this.#options = options
  }

  perform(action: LedgerAction): void {
    void this.#run(action)
  }

  close(): void {
    this.#closed = true
    this.#options.left()
  }

  /** Names of the channels that it watches. */
  get channelIds(): Iterable<string> {
    return this.#watching.keys()
  }

  get isWatching(): boolean {
    return this.#watching.size > 0
  }

  /** Tells of a channel, where it is watched and changed. */
  report(sighting: Sighting): void {
    const last = this.#watching.get(sighting.state.id)
    if (last === undefined || sighting.block < last.block || isSame(sighting.state, last.state)) return
    this.#tell(sighting)
  }

  async #run(action: LedgerAction): Promise<void> {
    const channelId = action.kind === 'open' ? encodeChannelId(action.terms) : action.channelId
    try {
      const outcome = await this.#outcome(action, channelId)
      if (outcome.kind === 'done') {
        const { id } = outcome.final.state
        if (action.kind === 'watch' || !this.#watching.has(id)) this.#watch(outcome.final)
        else this.report(outcome.final)
        this.#emit({ kind: 'done', id: action.id, channelId: id, ...outcome.spent })
        this.#options.heartbeat.wake(false)
      } else {
        this.#emit({ ...outcome, kind: 'failed', id: action.id })
      }
    } catch (error) {
      // Closed: nobody is there any more to be told.
      if (!(error instanceof EvmError && error.code === 'closed')) throw error
    }
  }

  async #outcome(action: LedgerAction, channelId: string | undefined): Promise<Outcome> {
    if (action.kind === 'open') {
      if (channelId === undefined) return refuse('refused', 'no channel can have these terms')
      const { asset } = action.terms
      if (!this.#options.mayHold(asset)) return refuse('refused', `not configured for the token ${asset}`)
    }
    if (channelId === undefined || decodeChannelId(channelId) === undefined) {
      return refuse('no-channel', 'that is no name of a channel')
    }
    if (action.kind !== 'watch') return this.#options.actions.perform(action, channelId)
    const final = await this.#options.actions.find(channelId)
    if (final === undefined) return refuse('no-channel', 'nobody has opened that channel')
    return { kind: 'done', final, spent: { transaction: undefined, fee: 0n } }
  }

  /** Tells of a channel in any case. */
  #watch(sighting: Sighting): void {
    const last = this.#watching.get(sighting.state.id)
    if (last === undefined) this.#options.watches()
    // A look at the chain may have overtaken the action.
    this.#tell(last !== undefined && last.block > sighting.block ? last : sighting)
  }

  #tell(sighting: Sighting): void {
    this.#watching.set(sighting.state.id, sighting)
    this.#emit({ kind: 'channel', channel: sighting.state })
  }

  #emit(event: LedgerEvent): void {
    if (!this.#closed) this.#options.listener(event)
  }
}

function refuse(refusal: LedgerRefusal, message: string): Refused {
  return { kind: 'refused', refusal, message }
}

function isSame(a: ChannelState, b: ChannelState): boolean {
  return (
    a.deposit === b.deposit && a.claimed === b.claimed && a.closesAt === b.closesAt && a.closed === b.closed
  )
}
