/** PayChan on a real chain: what it does, and what it refuses. Claims are signed by viem, not by our code. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { payChanAbi } from '@hourglass/ledger-evm'
import { type Hex, domainSeparator, zeroAddress, zeroHash } from 'viem'
import { DAY_S, Rig, type SignedClaim, type Terms, alice, bob, carol } from './rig.ts'

let rig: Rig

beforeAll(async () => {
  rig = await Rig.start()
})
afterAll(() => rig.stop())

/** Opens a channel from alice to bob that holds `deposit`. */
async function opened(deposit = 100n, changes: Partial<Terms> = {}): Promise<Terms> {
  const terms = rig.terms(changes)
  await rig.open(terms, deposit)
  return terms
}

/** Of the curve: no r or s may be as large. */
const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n

const hex = (value: bigint): Hex => `0x${value.toString(16).padStart(64, '0')}`
const flipped = (claim: SignedClaim): SignedClaim => ({ ...claim, vs: hex(BigInt(claim.vs) ^ (1n << 255n)) })
const empty = (terms: Terms): SignedClaim => ({ terms, amount: 0n, r: zeroHash, vs: zeroHash })

describe('open', () => {
  it('escrows the deposit under a name that binds chain, contract and terms', async () => {
    const before = await rig.balance(rig.payChan)
    const terms = await opened(7n)
    expect(await rig.state(terms)).toEqual({ deposit: 7n, claimed: 0n, closesAt: 0, closed: false })
    expect((await rig.balance(rig.payChan)) - before).toBe(7n)
  })

  it.each<[string, string, Partial<Terms>, [deposit: bigint, value: bigint]]>([
    ['someone else as its source', 'WrongParty', { source: bob.address }, [1n, 1n]],
    ['nobody as its destination', 'BadTerms', { destination: zeroAddress }, [1n, 1n]],
    ['nobody as its signer', 'BadTerms', { signer: zeroAddress }, [1n, 1n]],
    ['nothing in it', 'BadTerms', {}, [0n, 0n]],
    ['less than it says', 'WrongAmount', {}, [2n, 1n]],
    ['more than it says', 'WrongAmount', {}, [1n, 2n]],
  ])('refuses a channel with %s', async (_, error, changes, [deposit, value]) => {
    await expect(rig.send('open', [rig.terms(changes), deposit], { value })).rejects.toThrow(error)
  })

  it('refuses the same id twice, even after the channel was closed', async () => {
    const terms = await opened(5n)
    await expect(rig.open(terms, 5n)).rejects.toThrow('AlreadyOpened')
    await rig.send('close', [empty(terms)], { from: bob })
    await expect(rig.open(terms, 5n)).rejects.toThrow('AlreadyOpened')
  })
})

describe('topUp', () => {
  it('adds what lacks to a total, so that the same call again adds nothing', async () => {
    const terms = await opened(5n)
    await rig.send('topUp', [terms, 8n], { value: 3n })
    expect((await rig.state(terms)).deposit).toBe(8n)
    await expect(rig.send('topUp', [terms, 8n], { value: 3n })).rejects.toThrow('NotIncreasing')
    await expect(rig.send('topUp', [terms, 7n])).rejects.toThrow('NotIncreasing')
    await expect(rig.send('topUp', [terms, 10n], { value: 1n })).rejects.toThrow('WrongAmount')
  })

  it('is for the source alone, and for open channels alone', async () => {
    const terms = await opened(5n)
    await expect(rig.send('topUp', [terms, 8n], { from: bob, value: 3n })).rejects.toThrow('WrongParty')
    await expect(rig.send('topUp', [rig.terms(), 8n], { value: 8n })).rejects.toThrow('NoChannel')
    await rig.send('close', [empty(terms)], { from: bob })
    await expect(rig.send('topUp', [terms, 8n], { value: 3n })).rejects.toThrow('NoChannel')
  })

  it('cancels a close that the source asked for, also with nothing to add', async () => {
    const terms = await opened(5n)
    for (const [deposit, value] of [
      [8n, 3n],
      [8n, 0n],
    ] as const) {
      await rig.send('requestClose', [terms])
      await rig.send('topUp', [terms, deposit], { value })
      expect(await rig.state(terms)).toMatchObject({ deposit: 8n, closesAt: 0 })
    }
  })
})

describe('claim', () => {
  it('pays the destination what is new, whoever sends it, and leaves the channel open', async () => {
    const terms = await opened()
    for (const [total, gain] of [
      [5n, 5n],
      [12n, 7n],
      [100n, 88n],
    ] as const) {
      const before = await rig.balance(bob.address)
      await rig.send('claim', [await rig.claim(terms, total)], { from: carol })
      expect((await rig.balance(bob.address)) - before).toBe(gain)
    }
    expect(await rig.state(terms)).toEqual({ deposit: 100n, claimed: 100n, closesAt: 0, closed: false })
  })

  it('refuses a claim that is not worth more than what was claimed', async () => {
    const terms = await opened()
    const claim = await rig.claim(terms, 10n)
    await rig.send('claim', [claim])
    await expect(rig.send('claim', [claim])).rejects.toThrow('NotIncreasing')
    await expect(rig.send('claim', [await rig.claim(terms, 9n)])).rejects.toThrow('NotIncreasing')
    await expect(rig.send('claim', [await rig.claim(terms, 0n)])).rejects.toThrow('NotIncreasing')
  })

  it('refuses a claim over the deposit, and takes it once there is enough', async () => {
    const terms = await opened(100n)
    const claim = await rig.claim(terms, 101n)
    await expect(rig.send('claim', [claim])).rejects.toThrow('OverDeposit')
    await rig.send('topUp', [terms, 101n], { value: 1n })
    await rig.send('claim', [claim])
  })

  it("refuses what the channel's signer did not sign for this chain, contract, channel and amount", async () => {
    const terms = await opened()
    const good = await rig.claim(terms, 10n)
    const bad: SignedClaim[] = [
      await rig.claim(terms, 10n, { by: alice }),
      await rig.claim(terms, 10n, { chainId: 1 }),
      await rig.claim(terms, 10n, { contract: carol.address }),
      await rig.claim(terms, 10n, { type: 'Close' }),
      { ...(await rig.claim(await opened(), 10n)), terms },
      { ...good, amount: 11n },
      flipped(good),
      { ...good, r: zeroHash },
      { ...good, vs: zeroHash },
      { ...good, r: hex(ORDER) },
      { ...empty(terms), amount: 10n },
    ]
    for (const claim of bad) await expect(rig.send('claim', [claim])).rejects.toThrow('BadSignature')
    await rig.send('claim', [good])
  })

  it('refuses a channel that nobody opened, and one that is closed', async () => {
    const claim = await rig.claim(rig.terms(), 1n)
    await expect(rig.send('claim', [claim])).rejects.toThrow('NoChannel')
    const terms = await opened()
    await rig.send('close', [empty(terms)], { from: bob })
    await expect(rig.send('claim', [await rig.claim(terms, 1n)])).rejects.toThrow('NoChannel')
  })

  it('is good until the source has withdrawn, even after the settle delay', async () => {
    const terms = await opened()
    await rig.send('requestClose', [terms])
    await rig.chain.advanceTime(2 * DAY_S)
    await rig.send('claim', [await rig.claim(terms, 60n)])
    const before = await rig.balance(alice.address)
    await rig.send('withdraw', [terms], { from: carol })
    expect((await rig.balance(alice.address)) - before).toBe(40n)
  })
})

describe('claimBatch', () => {
  it('skips every row that is not good, and pays the rest', async () => {
    const [first, second, closed] = [await opened(), await opened(), await opened()]
    await rig.send('close', [empty(closed)], { from: bob })
    const good = await rig.claim(first, 10n)
    const rows = [
      await rig.claim(rig.terms(), 10n),
      await rig.claim(closed, 10n),
      flipped(good),
      { ...good, r: zeroHash, vs: zeroHash },
      good,
      good,
      await rig.claim(first, 9n),
      await rig.claim(first, 101n),
      await rig.claim(second, 20n, { by: alice }),
      await rig.claim(second, 20n),
      await rig.claim(second, 25n),
    ]
    const before = await rig.balance(bob.address)
    await rig.send('claimBatch', [rows], { from: carol })
    expect((await rig.balance(bob.address)) - before).toBe(35n)
    expect((await rig.state(first)).claimed).toBe(10n)
    expect((await rig.state(second)).claimed).toBe(25n)
  })

  it('pays each destination its own, and takes an empty batch', async () => {
    const toBob = await opened()
    const toCarol = await opened(100n, { destination: carol.address })
    const rows = [await rig.claim(toBob, 1n), await rig.claim(toCarol, 10n), await rig.claim(toBob, 3n)]
    const before = [await rig.balance(bob.address), await rig.balance(carol.address)]
    await rig.send('claimBatch', [rows])
    const after = [await rig.balance(bob.address), await rig.balance(carol.address)]
    expect(after.map((balance, i) => balance - before[i]!)).toEqual([3n, 10n])
    await rig.send('claimBatch', [[]])
  })
})

describe('claimInto', () => {
  const back = { source: bob.address, destination: alice.address }

  it('makes what the destination earned its deposit of the other direction, and moves no money', async () => {
    const incoming = await opened()
    const outgoing = rig.terms(back)
    await rig.send('open', [outgoing, 1n], { from: bob, value: 1n })
    const before = await rig.balance(rig.payChan)
    await rig.send('claimInto', [await rig.claim(incoming, 40n), outgoing], { from: bob })
    expect((await rig.state(incoming)).claimed).toBe(40n)
    expect((await rig.state(outgoing)).deposit).toBe(41n)
    expect(await rig.balance(rig.payChan)).toBe(before)
  })

  it('counts right where a channel pays into itself', async () => {
    const terms = await opened(10n, { destination: alice.address })
    await rig.send('claimInto', [await rig.claim(terms, 4n), terms])
    expect(await rig.state(terms)).toMatchObject({ deposit: 14n, claimed: 4n })
  })

  it('is for the destination alone, into a channel of its own, of the same money, that is open', async () => {
    const incoming = await opened()
    const claim = await rig.claim(incoming, 40n)
    const outgoing = rig.terms(back)
    await expect(rig.send('claimInto', [claim, outgoing], { from: bob })).rejects.toThrow('NoChannel')
    await rig.send('open', [outgoing, 1n], { from: bob, value: 1n })
    await expect(rig.send('claimInto', [claim, outgoing], { from: carol })).rejects.toThrow('WrongParty')
    await expect(rig.send('claimInto', [claim, incoming], { from: bob })).rejects.toThrow('WrongParty')
    const thief = rig.terms({ ...back, source: carol.address })
    await rig.send('open', [thief, 1n], { from: carol, value: 1n })
    await expect(rig.send('claimInto', [claim, thief], { from: carol })).rejects.toThrow('WrongParty')
    const inToken = { ...outgoing, token: carol.address }
    await expect(rig.send('claimInto', [claim, inToken], { from: bob })).rejects.toThrow('BadTerms')
    const forged = { ...claim, amount: 41n }
    await expect(rig.send('claimInto', [forged, outgoing], { from: bob })).rejects.toThrow('BadSignature')
  })
})

describe('close', () => {
  it('pays the destination its claim and the source the rest, at once', async () => {
    const terms = await opened()
    const before = await rig.balance(alice.address)
    await rig.send('close', [await rig.claim(terms, 30n)], { from: bob })
    expect((await rig.balance(alice.address)) - before).toBe(70n)
    expect(await rig.state(terms)).toEqual({ deposit: 100n, claimed: 30n, closesAt: 0, closed: true })
  })

  it('closes with nothing claimed, and with a claim that somebody redeemed already', async () => {
    const [unused, redeemed] = [await opened(), await opened()]
    await rig.send('close', [empty(unused)], { from: bob })
    expect(await rig.state(unused)).toMatchObject({ claimed: 0n, closed: true })
    const claim = await rig.claim(redeemed, 30n)
    await rig.send('claim', [claim])
    await rig.send('close', [claim], { from: bob })
    expect(await rig.state(redeemed)).toMatchObject({ claimed: 30n, closed: true })
  })

  it('is for the destination alone, with a good claim, and only once', async () => {
    const terms = await opened()
    for (const from of [alice, carol]) {
      await expect(rig.send('close', [empty(terms)], { from })).rejects.toThrow('WrongParty')
    }
    const forged = await rig.claim(terms, 10n, { by: bob })
    await expect(rig.send('close', [forged], { from: bob })).rejects.toThrow('BadSignature')
    const excessive = await rig.claim(terms, 101n)
    await expect(rig.send('close', [excessive], { from: bob })).rejects.toThrow('OverDeposit')
    await rig.send('close', [empty(terms)], { from: bob })
    await expect(rig.send('close', [empty(terms)], { from: bob })).rejects.toThrow('NoChannel')
  })
})

describe('closeSigned', () => {
  const agreement = (terms: Terms, amount: bigint, by = bob): Promise<SignedClaim> =>
    rig.claim(terms, amount, { by, type: 'Close' })

  it('closes without a delay where the destination has signed what it is to be paid in all', async () => {
    const terms = await opened()
    const { r, vs } = await agreement(terms, 30n)
    const before = await rig.balance(bob.address)
    await rig.send('closeSigned', [await rig.claim(terms, 30n), r, vs], { from: carol })
    expect((await rig.balance(bob.address)) - before).toBe(30n)
    expect(await rig.state(terms)).toMatchObject({ claimed: 30n, closed: true })
  })

  it('refuses what the destination did not sign, or signed for another amount', async () => {
    const terms = await opened()
    const claim = await rig.claim(terms, 30n)
    const bad = [
      await agreement(terms, 30n, alice),
      await agreement(terms, 29n),
      await rig.claim(terms, 30n, { by: bob }),
      await rig.claim(terms, 30n, { by: bob, type: 'Close', chainId: 1 }),
      empty(terms),
    ]
    for (const { r, vs } of bad) {
      await expect(rig.send('closeSigned', [claim, r, vs])).rejects.toThrow('BadSignature')
    }
    const { r, vs } = await agreement(terms, 30n)
    const forged = await rig.claim(terms, 30n, { by: bob })
    await expect(rig.send('closeSigned', [forged, r, vs])).rejects.toThrow('BadSignature')
  })
})

describe('requestClose and withdraw', () => {
  it('give the source the rest back once the settle delay has passed, and not a second earlier', async () => {
    const terms = await opened()
    await expect(rig.send('withdraw', [terms])).rejects.toThrow('TooEarly')
    await rig.send('requestClose', [terms])
    const { closesAt } = await rig.state(terms)
    expect(closesAt).toBe((await rig.time()) + DAY_S)
    await rig.chain.request('evm_setNextBlockTimestamp', [closesAt - 1])
    await expect(rig.send('withdraw', [terms], { gas: 300_000n })).rejects.toThrow('reverted')
    await rig.chain.request('evm_setNextBlockTimestamp', [closesAt])
    await rig.send('withdraw', [terms], { gas: 300_000n })
    expect(await rig.state(terms)).toMatchObject({ closed: true, closesAt: 0 })
    await expect(rig.send('withdraw', [terms])).rejects.toThrow('NoChannel')
  })

  it('are for the source alone, and do not start the delay anew', async () => {
    const terms = await opened()
    await expect(rig.send('requestClose', [terms], { from: bob })).rejects.toThrow('WrongParty')
    await rig.send('requestClose', [terms])
    await expect(rig.send('requestClose', [terms])).rejects.toThrow('AlreadyClosing')
    await rig.send('topUp', [terms, 101n], { value: 1n })
    await rig.chain.advanceTime(DAY_S)
    await expect(rig.send('withdraw', [terms])).rejects.toThrow('TooEarly')
  })

  it('leave the destination every claim that it redeems in time', async () => {
    const terms = await opened()
    await rig.send('requestClose', [terms])
    await rig.send('claim', [await rig.claim(terms, 99n)])
    await rig.chain.advanceTime(DAY_S)
    const before = await rig.balance(alice.address)
    await rig.send('withdraw', [terms], { from: carol })
    expect((await rig.balance(alice.address)) - before).toBe(1n)
  })
})

it('after a fork that changes the chain id knows neither channels nor claims of the other branch', async () => {
  const terms = rig.terms()
  const separator = (): Promise<unknown> => rig.read(rig.payChan, payChanAbi, 'domainSeparator', [])
  const [id, before] = [await rig.channelId(terms), await separator()]
  await rig.chain.request('anvil_setChainId', [4242])
  try {
    const domain = { name: 'PayChan', version: '1', chainId: 4242, verifyingContract: rig.payChan }
    expect(await separator()).toBe(domainSeparator({ domain }))
    expect(await separator()).not.toBe(before)
    expect(await rig.channelId(terms)).not.toBe(id)
  } finally {
    await rig.chain.request('anvil_setChainId', [rig.chain.chainId])
  }
  expect(await separator()).toBe(before)
})
