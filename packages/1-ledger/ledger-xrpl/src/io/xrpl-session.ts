/** What one user of a ledger asks and is told. Layer 1, io. */
import type { LedgerAction, LedgerEvent, LedgerSession } from '@hourglass/ledger'
import { decodeChannelId, encodeChannelId } from '../channel-id.ts'
import { toState } from '../pay-channel.ts'
import { type Channel, refuse } from '../plan.ts'
import type { Actions, Outcome, Sighting } from './actions.ts'
import { XrplError } from './errors.ts'

export interface XrplSessionOptions {
  readonly listener: (event: LedgerEvent) => void
  readonly actions: Actions
  /** Order of what all changes are told up to. */
  readonly moment: () => number
  readonly left: () => void
}

export class XrplSession implements LedgerSession {
  /** Channels by index, as they were reported last. */
  readonly #watching = new Map<string, Sighting>()
  readonly #options: XrplSessionOptions
  #closed = false

  constructor(options: XrplSessionOptions) {
    this.#options = options
  }

  perform(action: LedgerAction): void {
    void this.#run(action)
  }

  close(): void {
    this.#closed = true
    this.#options.left()
  }

  /** The channels that it watches, as it knows them. */
  get watched(): Iterable<Channel> {
    return [...this.#watching.values()].map(({ channel }) => channel)
  }

  get isWatching(): boolean {
    return this.#watching.size > 0
  }

  /** The channel of that index as it knows it; undefined where it does not watch it. */
  sightingOf(index: string): Sighting | undefined {
    return this.#watching.get(index)
  }

  /** Tells of a channel, where it is watched and changed. */
  report(sighting: Sighting): void {
    const last = this.#watching.get(sighting.channel.creation.id.index)
    if (last === undefined || sighting.order < last.order || isSame(sighting.channel, last.channel)) return
    this.#tell(sighting)
  }

  async #run(action: LedgerAction): Promise<void> {
    try {
      const outcome = await this.#outcome(action)
      if (outcome.kind === 'refused') {
        this.#emit({ ...outcome, kind: 'failed', id: action.id })
        return
      }
      const { id } = outcome.final.channel.creation
      if (action.kind === 'watch' || !this.#watching.has(id.index)) await this.#watch(outcome.final)
      else this.report(outcome.final)
      this.#emit({ kind: 'done', id: action.id, channelId: encodeChannelId(id), ...outcome.spent })
    } catch (error) {
      // Closed: nobody is there any more to be told.
      if (!(error instanceof XrplError && error.code === 'closed')) throw error
    }
  }

  async #outcome(action: LedgerAction): Promise<Outcome> {
    const { actions } = this.#options
    if (action.kind === 'open') return actions.perform(action)
    if (decodeChannelId(action.channelId) === undefined) {
      return refuse('that is no name of a channel', 'no-channel')
    }
    if (action.kind !== 'watch') return actions.perform(action)
    return actions.find(action.channelId)
  }

  /** Tells of a channel in any case. */
  async #watch(sighting: Sighting): Promise<void> {
    const { id } = sighting.channel.creation
    const last = this.#watching.get(id.index)
    // What a transaction did may have been told before the action ended.
    this.#tell(last !== undefined && last.order > sighting.order ? last : sighting)
    if (last !== undefined || sighting.order >= this.#options.moment()) return
    // What came between the look and the beginning of the watch was told to nobody.
    const again = await this.#options.actions.find(encodeChannelId(id))
    if (again.kind === 'done') this.report(again.final)
  }

  #tell(sighting: Sighting): void {
    const { creation, entry, closed } = sighting.channel
    this.#watching.set(creation.id.index, sighting)
    this.#emit({ kind: 'channel', channel: toState(creation, entry, closed) })
  }

  #emit(event: LedgerEvent): void {
    if (!this.#closed) this.#options.listener(event)
  }
}

function isSame(a: Channel, b: Channel): boolean {
  return (
    a.closed === b.closed &&
    a.entry.deposit === b.entry.deposit &&
    a.entry.claimed === b.entry.claimed &&
    a.entry.expiresAt === b.entry.expiresAt
  )
}
