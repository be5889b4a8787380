/** One account on the XRP Ledger. Layer 1, io. */
import type { LedgerEvent, TransferLedger, Transfers } from '@hourglass/ledger'
import { UsageError } from '@hourglass/sansio'
import { type Scales, XRP_SCALE } from '../assets.ts'
import type { XrplClaimScheme } from '../claim-scheme.ts'
import { NATIVE, channelChanges } from '../pay-channel.ts'
import type { Channel } from '../plan.ts'
import { type ValidatedTransaction, orderOf, orderOfLedger } from '../transaction.ts'
import type { Account } from './account.ts'
import { Actions } from './actions.ts'
import { Channels } from './channels.ts'
import { XrplSession } from './xrpl-session.ts'
import { XrplTransfers } from './xrpl-transfers.ts'
import type { Onlooker } from './feed.ts'
import type { Head } from './head.ts'

export class XrplLedger implements TransferLedger, Onlooker {
  readonly name: string
  readonly account: string
  readonly scheme: XrplClaimScheme
  readonly transfers: Transfers
  readonly #account: Account
  readonly #channels: Channels
  readonly #actions: Actions
  readonly #sessions = new Set<XrplSession>()

  constructor(account: Account, scheme: XrplClaimScheme, scales: Scales) {
    this.#account = account
    this.#channels = new Channels(account.connection)
    this.#actions = new Actions(account, this.#channels, scheme)
    this.name = `xrpl:${account.networkId}`
    this.account = account.address
    this.scheme = scheme
    account.add(this)
    this.transfers = new XrplTransfers(account, scales)
  }

  assetScale(asset: string): number {
    if (asset !== NATIVE) throw new UsageError(`channels of ${this.name} hold native XRP, not ${asset}`)
    return XRP_SCALE
  }

  async balance(asset: string): Promise<bigint> {
    this.assetScale(asset)
    return this.#account.balanceDrops()
  }

  connect(listener: (event: LedgerEvent) => void): XrplSession {
    const session = new XrplSession({
      listener,
      actions: this.#actions,
      moment: () => orderOfLedger(this.#account.feed.current.index),
      left: () => this.#sessions.delete(session),
    })
    this.#sessions.add(session)
    return session
  }

  close(): Promise<void> {
    for (const session of this.#sessions) session.close()
    this.#account.close()
    return Promise.resolve()
  }

  wanted(): boolean {
    for (const session of this.#sessions) if (session.isWatching) return true
    return false
  }

  /** Tells the sessions what a transaction made of their channels. */
  seen(transaction: ValidatedTransaction): void {
    for (const { kind, index, channel: entry } of channelChanges(transaction)) {
      for (const session of this.#sessions) {
        const last = session.sightingOf(index)
        if (last === undefined) continue
        const channel = { creation: last.channel.creation, entry, closed: kind === 'deleted' }
        this.#channels.remember(channel)
        session.report({ channel, order: orderOf(transaction) })
      }
    }
  }

  /** Looks at all channels, because their changes were not seen. */
  skipped(head: Head): Promise<void> {
    return this.#refresh(this.#watched(), head)
  }

  /** Channels of others are not in our account's transactions: these are looked at in every ledger. */
  beat(head: Head): Promise<void> {
    const { account } = this
    const foreign = this.#watched().filter(
      ({ creation: { terms } }) => terms.source !== account && terms.destination !== account,
    )
    return this.#refresh(foreign, head)
  }

  /** All channels that are watched and open. */
  #watched(): Channel[] {
    const watched = [...this.#sessions].flatMap((session) => [...session.watched])
    return watched.filter(({ closed }) => !closed)
  }

  async #refresh(channels: readonly Channel[], ledger: Head): Promise<void> {
    for (const { creation } of channels) {
      const sighting = {
        channel: await this.#channels.read(creation, ledger),
        order: orderOfLedger(ledger.index),
      }
      for (const session of this.#sessions) session.report(sighting)
    }
  }
}
