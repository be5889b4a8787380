/** Alice and Bob on a ledger of their own, and channels between them. */
import { type Client, type Wanted, termsBetween } from '@hourglass/ledger/testing'
import { Rig } from './rig.ts'

export const XRP = 1_000_000n

export class Pair {
  readonly rig: Rig
  readonly alice: Client
  readonly bob: Client

  static async start(options: Parameters<typeof Rig.start>[0] = {}): Promise<Pair> {
    const rig = await Rig.start(options)
    return new Pair(rig, await rig.connect('alice'), await rig.connect('bob'))
  }

  private constructor(rig: Rig, alice: Client, bob: Client) {
    this.rig = rig
    this.alice = alice
    this.bob = bob
  }

  /** An opening by Alice that nobody asked for before. */
  open(deposit = 10n * XRP): Wanted {
    return { kind: 'open', terms: termsBetween(this.alice.ledger, this.bob.ledger), deposit }
  }

  /** The name of a channel that both watch. */
  async opened(): Promise<string> {
    const { alice, bob, rig } = this
    const [{ channelId }] = await Promise.all([alice.succeed(this.open()), rig.settle()])
    await Promise.all([bob.succeed({ kind: 'watch', channelId }), rig.settle()])
    return channelId
  }

  claim(channelId: string, amount: bigint): Wanted {
    const signature = this.alice.ledger.scheme.sign(channelId, amount)
    return { kind: 'redeem', channelId, amount, signature }
  }

  stop(): Promise<void> {
    return this.rig.stop()
  }
}
