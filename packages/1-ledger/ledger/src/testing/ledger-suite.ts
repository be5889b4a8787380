/** What every ledger adapter must do. Layer 1, testing. It knows the face alone. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ChannelState, ChannelTerms, ClaimScheme } from '../channel.ts'
import type { Ledger, LedgerAction, LedgerEvent, LedgerSession } from '../ledger.ts'

export interface LedgerFixture {
  /** Two accounts on one ledger, both with more than 100 × `unit` of the native asset. */
  readonly alice: Ledger
  readonly bob: Ledger
  /** An amount that is worth its fees. */
  readonly unit: bigint
  /** The shortest settle delay that the ledger allows, at most a day. */
  readonly settleDelayMs: number
  /** Lets what was asked become final; resolves when the ledger is at rest. */
  settle(): Promise<void>
  /** Moves the ledger's clock on. */
  passTime(ms: number): Promise<void>
  dispose(): Promise<void>
}

type Distribute<T> = T extends unknown ? Omit<T, 'id'> : never
type Wanted = Distribute<LedgerAction>
type End = Extract<LedgerEvent, { kind: 'done' | 'failed' }>

/** One session, and everything that it heard. */
class Party {
  readonly ledger: Ledger
  readonly #session: LedgerSession
  readonly #events: LedgerEvent[] = []
  #lastId = 0

  constructor(ledger: Ledger) {
    this.ledger = ledger
    this.#session = ledger.connect((event) => this.#events.push(event))
  }

  start(action: Wanted): number {
    const id = ++this.#lastId
    this.#session.perform({ ...action, id })
    return id
  }

  /** The one end of that action. */
  end(id: number): End {
    const ends = this.#events.filter((event): event is End => event.kind !== 'channel' && event.id === id)
    expect(ends, `ends of action ${id}`).toHaveLength(1)
    return ends[0]!
  }

  /** The newest state heard of that channel. */
  state(channelId: string): ChannelState {
    const states = this.#events.flatMap((event) =>
      event.kind === 'channel' && event.channel.id === channelId ? [event.channel] : [],
    )
    expect(states.length, `states of ${channelId}`).toBeGreaterThan(0)
    return states.at(-1)!
  }

  /** What was heard last before the end of that action. */
  beforeEnd(id: number): LedgerEvent | undefined {
    const at = this.#events.findIndex((event) => event.kind !== 'channel' && event.id === id)
    return this.#events[at - 1]
  }

  close(): void {
    this.#session.close()
  }
}

export function ledgerSuite(name: string, makeFixture: () => Promise<LedgerFixture>): void {
  describe(`${name}, as a ledger`, () => {
    let fixture: LedgerFixture
    let alice: Party
    let bob: Party
    let references = 0

    beforeEach(async () => {
      fixture = await makeFixture()
      alice = new Party(fixture.alice)
      bob = new Party(fixture.bob)
    })
    afterEach(async () => {
      alice.close()
      bob.close()
      await fixture.dispose()
    })

    function newTerms(): ChannelTerms {
      return {
        source: fixture.alice.account,
        destination: fixture.bob.account,
        claimKey: fixture.alice.scheme.claimKey,
        asset: 'native',
        settleDelayMs: fixture.settleDelayMs,
        reference: (++references).toString(16).padStart(64, '0'),
      }
    }

    async function perform(party: Party, action: Wanted): Promise<End> {
      const id = party.start(action)
      await fixture.settle()
      return party.end(id)
    }

    async function succeed(party: Party, action: Wanted): Promise<Extract<End, { kind: 'done' }>> {
      const end = await perform(party, action)
      if (end.kind === 'failed') throw new Error(`${action.kind} failed: ${end.message}`)
      return end
    }

    /** Alice's channel to Bob, which both watch. */
    async function openChannel(terms = newTerms(), deposit = 10n * fixture.unit): Promise<string> {
      const { channelId } = await succeed(alice, { kind: 'open', terms, deposit })
      await succeed(bob, { kind: 'watch', channelId })
      return channelId
    }

    function redeem(channelId: string, amount: bigint): Wanted {
      const signature = fixture.alice.scheme.sign(channelId, amount)
      return { kind: 'redeem', channelId, amount, signature }
    }

    it('opens a channel on its terms, and shows it to both sides', async () => {
      const terms = newTerms()
      const channelId = await openChannel(terms)
      const opened = { id: channelId, terms, deposit: 10n * fixture.unit, claimed: 0n, closed: false }
      expect(alice.state(channelId)).toMatchObject(opened)
      expect(bob.state(channelId)).toMatchObject(opened)
    })

    it('tells the effect of an action before its end', async () => {
      const channelId = await openChannel()
      for (const action of [
        { kind: 'fund', channelId, deposit: 12n * fixture.unit },
        { kind: 'watch', channelId },
        { kind: 'request-close', channelId },
      ] satisfies Wanted[]) {
        const id = alice.start(action)
        await fixture.settle()
        expect(alice.end(id).kind, action.kind).toBe('done')
        expect(alice.beforeEnd(id), action.kind).toMatchObject({
          kind: 'channel',
          channel: { id: channelId },
        })
      }
    })

    it('knows no channel that nobody opened', async () => {
      const channelId = 'no channel'
      for (const action of [
        { kind: 'watch', channelId },
        { kind: 'fund', channelId, deposit: fixture.unit },
        {
          kind: 'redeem',
          channelId,
          amount: 1n,
          signature: new Uint8Array(fixture.alice.scheme.signatureBytes),
        },
        { kind: 'request-close', channelId },
        { kind: 'close', channelId },
      ] satisfies Wanted[]) {
        const end = await perform(alice, action)
        expect(end, action.kind).toMatchObject({ kind: 'failed', refusal: 'no-channel' })
      }
    })

    it('opens a channel once, however often it is asked to', async () => {
      const terms = newTerms()
      const channelId = await openChannel(terms)
      const before = await fixture.alice.balance('native')
      const again = await succeed(alice, { kind: 'open', terms, deposit: 10n * fixture.unit })
      expect(again).toMatchObject({ channelId, transaction: undefined, fee: 0n })
      expect(await fixture.alice.balance('native')).toBe(before)
    })

    it('funds a channel up to a total, once', async () => {
      const channelId = await openChannel()
      await succeed(alice, { kind: 'fund', channelId, deposit: 15n * fixture.unit })
      expect(bob.state(channelId).deposit).toBe(15n * fixture.unit)
      const again = await succeed(alice, { kind: 'fund', channelId, deposit: 12n * fixture.unit })
      expect(again.transaction).toBeUndefined()
      expect(alice.state(channelId).deposit).toBe(15n * fixture.unit)
    })

    it('pays a claim to the destination, to the last unit, and the same claim once', async () => {
      const channelId = await openChannel()
      const before = await fixture.bob.balance('native')
      const first = await succeed(bob, redeem(channelId, 3n * fixture.unit))
      const second = await succeed(bob, redeem(channelId, 7n * fixture.unit))
      expect((await fixture.bob.balance('native')) - before).toBe(7n * fixture.unit - first.fee - second.fee)
      const again = await succeed(bob, redeem(channelId, 7n * fixture.unit))
      expect(again.transaction).toBeUndefined()
      expect(alice.state(channelId).claimed).toBe(7n * fixture.unit)
    })

    it('refuses claims that nobody signed, that exceed the deposit, or that are for another channel', async () => {
      const channelId = await openChannel()
      const other = await openChannel()
      const { unit } = fixture
      const forged = {
        ...redeem(channelId, unit),
        signature: fixture.bob.scheme.sign(channelId, unit),
      } as Wanted
      const elsewhere = { ...redeem(other, unit), channelId } as Wanted
      for (const action of [forged, elsewhere, redeem(channelId, 11n * unit)]) {
        expect(await perform(bob, action)).toMatchObject({ kind: 'failed', refusal: 'refused' })
      }
      expect(bob.state(channelId).claimed).toBe(0n)
    })

    it('knows claims: channel, amount, key and signature belong together', async () => {
      const channelId = await openChannel()
      const other = await openChannel()
      const { scheme } = fixture.alice
      const signature = scheme.sign(channelId, 5n)
      expect(signature.length).toBeLessThanOrEqual(scheme.signatureBytes)
      const check: ClaimScheme['verify'] = (...claim) => fixture.bob.scheme.verify(...claim)
      expect(check(channelId, scheme.claimKey, 5n, signature)).toBe(true)
      expect(check(channelId, scheme.claimKey, 6n, signature)).toBe(false)
      expect(check(other, scheme.claimKey, 5n, signature)).toBe(false)
      expect(check(channelId, fixture.bob.scheme.claimKey, 5n, signature)).toBe(false)
      expect(check('no channel', 'no key', 5n, new Uint8Array(3))).toBe(false)
      for (let at = 0; at < signature.length; at++) {
        const broken = signature.slice()
        broken[at]! ^= 1
        expect(check(channelId, scheme.claimKey, 5n, broken), `octet ${at}`).toBe(false)
      }
    })

    it('lets the source take back the rest, after the settle delay and not before', async () => {
      const channelId = await openChannel()
      await succeed(bob, redeem(channelId, 4n * fixture.unit))
      await succeed(alice, { kind: 'request-close', channelId })
      expect(bob.state(channelId).closesAt).toBeTypeOf('number')
      expect(await perform(alice, { kind: 'close', channelId })).toMatchObject({ refusal: 'refused' })
      await fixture.passTime(fixture.settleDelayMs)
      const before = await fixture.alice.balance('native')
      const { fee } = await succeed(alice, { kind: 'close', channelId })
      expect((await fixture.alice.balance('native')) - before).toBe(6n * fixture.unit - fee)
      expect(bob.state(channelId).closed).toBe(true)
    })

    it('still pays claims while a close is waiting, and drops the close when the source adds money', async () => {
      const channelId = await openChannel()
      await succeed(alice, { kind: 'request-close', channelId })
      await succeed(bob, redeem(channelId, 2n * fixture.unit))
      expect(alice.state(channelId).claimed).toBe(2n * fixture.unit)
      await succeed(alice, { kind: 'fund', channelId, deposit: 12n * fixture.unit })
      expect(bob.state(channelId)).toMatchObject({ deposit: 12n * fixture.unit, closesAt: undefined })
    })

    it('drops a waiting close also when there is nothing to add', async () => {
      const channelId = await openChannel()
      await succeed(alice, { kind: 'request-close', channelId })
      await succeed(alice, { kind: 'fund', channelId, deposit: fixture.unit })
      expect(bob.state(channelId)).toMatchObject({ deposit: 10n * fixture.unit, closesAt: undefined })
      await fixture.passTime(fixture.settleDelayMs)
      expect(await perform(alice, { kind: 'close', channelId })).toMatchObject({ refusal: 'refused' })
    })

    it('starts the settle delay once, however often it is asked to close', async () => {
      const channelId = await openChannel()
      await succeed(alice, { kind: 'request-close', channelId })
      const { closesAt } = bob.state(channelId)
      const again = await succeed(alice, { kind: 'request-close', channelId })
      expect(again.transaction).toBeUndefined()
      expect(bob.state(channelId).closesAt).toBe(closesAt)
    })

    it('lets the destination close at once; a closed channel stays closed', async () => {
      const channelId = await openChannel()
      const before = await fixture.alice.balance('native')
      await succeed(bob, { kind: 'close', channelId })
      expect((await fixture.alice.balance('native')) - before).toBe(10n * fixture.unit)
      expect(await perform(bob, redeem(channelId, fixture.unit))).toMatchObject({ refusal: 'refused' })
      const fund: Wanted = { kind: 'fund', channelId, deposit: 20n * fixture.unit }
      expect(await perform(alice, fund)).toMatchObject({ kind: 'failed', refusal: 'refused' })
      expect(alice.state(channelId).closed).toBe(true)
    })

    it('lets nobody act for another', async () => {
      const channelId = await openChannel()
      const fund: Wanted = { kind: 'fund', channelId, deposit: 20n * fixture.unit }
      const open: Wanted = { kind: 'open', terms: newTerms(), deposit: fixture.unit }
      for (const action of [fund, open, { kind: 'request-close', channelId } as Wanted]) {
        expect(await perform(bob, action), action.kind).toMatchObject({ kind: 'failed', refusal: 'refused' })
      }
    })

    it('says when money is short', async () => {
      const deposit = (await fixture.alice.balance('native')) * 2n
      const channelId = await openChannel()
      for (const action of [
        { kind: 'open', terms: newTerms(), deposit },
        { kind: 'fund', channelId, deposit },
      ] satisfies Wanted[]) {
        const end = await perform(alice, action)
        expect(end, action.kind).toMatchObject({ kind: 'failed', refusal: 'insufficient-funds' })
      }
      expect(alice.state(channelId).deposit).toBe(10n * fixture.unit)
    })

    it('keeps sessions apart: each hears of its own actions and channels', async () => {
      const channelId = await openChannel()
      const stranger = new Party(fixture.bob)
      const id = stranger.start(redeem(channelId, fixture.unit))
      await fixture.settle()
      expect(stranger.end(id).kind).toBe('done')
      expect(() => bob.end(99)).toThrow()
      expect(bob.state(channelId).claimed).toBe(fixture.unit)
      stranger.close()
    })
  })
}
