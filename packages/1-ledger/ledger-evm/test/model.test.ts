/**
 * PayChan against a model of it: whatever is done to two channels in whatever order, the contract does as the
 * model says, and holds exactly what the open channels still promise.
 */
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { zeroHash } from 'viem'
import { type Party, Rig, type SignedClaim, type Terms, alice, bob, carol } from './rig.ts'

const SETTLE_DELAY_S = 100
/** Enough for every call, so that nothing is estimated first: what counts is what its block says. */
const GAS = 500_000n

type Operation =
  | {
      readonly kind: 'open' | 'topUp'
      readonly channel: 0 | 1
      readonly deposit: bigint
      readonly by: number
    }
  | {
      readonly kind: 'claim' | 'claimInto' | 'close'
      readonly channel: 0 | 1
      readonly amount: bigint
      readonly by: number
      readonly forged: boolean
    }
  | { readonly kind: 'claimBatch'; readonly amounts: readonly [bigint, bigint] }
  | { readonly kind: 'requestClose' | 'withdraw'; readonly channel: 0 | 1; readonly by: number }
  | { readonly kind: 'wait'; readonly seconds: number }

/** One channel as the rules have it; the rules are written anew here, in the words of the README. */
class ChannelModel {
  deposit = 0n
  claimed = 0n
  closesAt = 0
  closed = false

  get isOpen(): boolean {
    return this.deposit > 0n && !this.closed
  }

  get held(): bigint {
    return this.isOpen ? this.deposit - this.claimed : 0n
  }

  takes(amount: bigint, forged: boolean): boolean {
    return this.isOpen && !forged && amount > this.claimed && amount <= this.deposit
  }

  end(): true {
    this.closed = true
    this.closesAt = 0
    return true
  }
}

const PARTIES: readonly Party[] = [alice, bob, carol]
/** Channel 0 leads from alice to bob, channel 1 from bob to alice. */
const sourceOf = (channel: 0 | 1): number => channel
const destinationOf = (channel: 0 | 1): number => 1 - channel

/** Applies an operation to the model; false where the rules forbid it. */
function apply(operation: Operation, models: readonly [ChannelModel, ChannelModel], time: number): boolean {
  if (operation.kind === 'wait') return true
  if (operation.kind === 'claimBatch') {
    operation.amounts.forEach((amount, i) => {
      if (models[i]!.takes(amount, false)) models[i]!.claimed = amount
    })
    return true
  }
  const { channel, by } = operation
  const model = models[channel]
  const [isSource, isDestination] = [by === sourceOf(channel), by === destinationOf(channel)]
  switch (operation.kind) {
    case 'open':
      if (!isSource || model.deposit > 0n || operation.deposit === 0n) return false
      model.deposit = operation.deposit
      return true
    case 'topUp':
      if (!isSource || !model.isOpen || operation.deposit < model.deposit) return false
      if (operation.deposit === model.deposit && model.closesAt === 0) return false
      model.deposit = operation.deposit
      model.closesAt = 0
      return true
    case 'claim':
    case 'claimInto': {
      const into = operation.kind === 'claimInto' ? models[1 - channel]! : undefined
      if (!model.takes(operation.amount, operation.forged)) return false
      if (into !== undefined && (!isDestination || !into.isOpen)) return false
      if (into !== undefined) into.deposit += operation.amount - model.claimed
      model.claimed = operation.amount
      return true
    }
    case 'close':
      if (!isDestination || !model.isOpen) return false
      if (operation.amount > model.claimed && !model.takes(operation.amount, operation.forged)) return false
      if (operation.amount > model.claimed) model.claimed = operation.amount
      return model.end()
    case 'requestClose':
      if (!isSource || !model.isOpen || model.closesAt !== 0) return false
      model.closesAt = time + SETTLE_DELAY_S
      return true
    case 'withdraw':
      return model.isOpen && model.closesAt !== 0 && time >= model.closesAt && model.end()
  }
}

const channel = fc.constantFrom<0 | 1>(0, 1)
const by = fc.constantFrom(0, 0, 0, 1, 1, 1, 2)
const amount = fc.bigInt({ min: 0n, max: 40n })
const operation: fc.Arbitrary<Operation> = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constantFrom('open', 'topUp'), channel, deposit: amount, by }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constantFrom('claim', 'claim', 'claimInto', 'close'),
      channel,
      amount,
      by,
      forged: fc.constantFrom(false, false, false, true),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('claimBatch'), amounts: fc.tuple(amount, amount) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('requestClose', 'withdraw'), channel, by }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('wait'), seconds: fc.constantFrom(1, 50, 99, 100) }),
  },
)

let rig: Rig

beforeAll(async () => {
  rig = await Rig.start()
})
afterAll(() => rig.stop())

/** Performs an operation on the chain; false where it reverts. */
async function perform(
  operation: Operation,
  terms: readonly [Terms, Terms],
  models: readonly ChannelModel[],
): Promise<boolean> {
  const signed = (of: Terms, total: bigint, forged = false): Promise<SignedClaim> =>
    rig.claim(of, total, forged ? { by: carol } : {})
  const send = async (args: readonly unknown[], from: Party, value = 0n): Promise<boolean> => {
    try {
      await rig.send(operation.kind, args, { from, value, gas: GAS })
      return true
    } catch (error) {
      expect(String(error)).toContain('reverted in its block')
      return false
    }
  }
  if (operation.kind === 'wait') return true
  if (operation.kind === 'claimBatch') {
    const rows = [await signed(terms[0], operation.amounts[0]), await signed(terms[1], operation.amounts[1])]
    return send([rows], carol)
  }
  const [own, other, from] = [terms[operation.channel], terms[1 - operation.channel]!, PARTIES[operation.by]!]
  switch (operation.kind) {
    case 'open':
      return send([own, operation.deposit], from, operation.deposit)
    case 'topUp': {
      const lacking = operation.deposit - models[operation.channel]!.deposit
      return send([own, operation.deposit], from, lacking > 0n ? lacking : 0n)
    }
    case 'claim':
    case 'close':
      return send([await signed(own, operation.amount, operation.forged)], from)
    case 'claimInto':
      return send([await signed(own, operation.amount, operation.forged), other], from)
    case 'requestClose':
    case 'withdraw':
      return send([own], from)
  }
}

it('does what the model says, and holds what open channels promise, whatever is done in whatever order', async () => {
  let time = (await rig.time()) + 10
  await fc.assert(
    fc.asyncProperty(
      fc.array(operation, { minLength: 10, maxLength: 40, size: 'max' }),
      async (operations) => {
        const models = [new ChannelModel(), new ChannelModel()] as const
        const back = { source: bob.address, destination: alice.address }
        const settleDelay = SETTLE_DELAY_S
        const terms = [rig.terms({ settleDelay }), rig.terms({ ...back, settleDelay })] as const
        const heldBefore = await rig.balance(rig.payChan)
        for (const each of operations) {
          time += each.kind === 'wait' ? each.seconds : 1
          await rig.chain.request('evm_setNextBlockTimestamp', [time])
          const happened = await perform(each, terms, models)
          expect([each, happened]).toEqual([each, apply(each, models, time)])
          if (each.kind === 'wait') await rig.chain.mine()
          expect((await rig.balance(rig.payChan)) - heldBefore).toBe(models[0].held + models[1].held)
        }
        for (const [i, { deposit, claimed, closesAt, closed }] of models.entries()) {
          expect(await rig.state(terms[i]!)).toEqual({ deposit, claimed, closesAt, closed })
        }
        // What is left must not meet the next run's balance.
        for (const i of [0, 1] as const) {
          if (!models[i].isOpen) continue
          const nothing = { terms: terms[i], amount: 0n, r: zeroHash, vs: zeroHash }
          await rig.send('close', [nothing], { from: PARTIES[destinationOf(i)]! })
          time = Math.max(time, await rig.time())
        }
      },
    ),
    // Shrinking asks the chain for minutes; the seed and the path tell enough.
    { numRuns: 20, endOnFailure: true },
  )
})
