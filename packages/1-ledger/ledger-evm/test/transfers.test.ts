/** PayChan among hostile tokens and accounts: nobody's revert is another one's loss. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Address, encodeFunctionData, zeroAddress, zeroHash } from 'viem'
import { payChanAbi } from '@hourglass/ledger-evm'
import { type Deployed, Rig, type SignedClaim, type Terms, alice, bob, carol, hostile } from './rig.ts'

let rig: Rig

beforeAll(async () => {
  rig = await Rig.start()
})
afterAll(() => rig.stop())

const empty = (terms: Terms): SignedClaim => ({ terms, amount: 0n, r: zeroHash, vs: zeroHash })

/** A token of that kind, of which alice has 1,000 and lets the contract take as many. */
async function tokenOf(kind: string): Promise<Deployed> {
  const token = await rig.deploy(hostile[kind]!)
  await token.send('mint', [alice.address, 1000n])
  await token.send('approve', [rig.payChan, 1000n])
  return token
}

const PUPPET_MOODS = { rejecting: 1, burning: 2, bombing: 3, calling: 4 } as const

/** An account with code that takes money as told. */
async function puppetOf(mood: keyof typeof PUPPET_MOODS, data: `0x${string}` = '0x'): Promise<Deployed> {
  const puppet = await rig.deploy(hostile['Puppet']!)
  await puppet.send('setMood', [PUPPET_MOODS[mood], rig.payChan, data])
  return puppet
}

describe('tokens', () => {
  it.each(['PlainToken', 'SilentToken'])(
    'of the kind %s are escrowed, claimed and given back',
    async (kind) => {
      const token = await tokenOf(kind)
      const terms = rig.terms({ token: token.address })
      await rig.send('open', [terms, 100n])
      await rig.send('topUp', [terms, 150n])
      await rig.send('claim', [await rig.claim(terms, 30n)], { from: carol })
      expect(await token.read('balanceOf', [bob.address])).toBe(30n)
      await rig.send('close', [await rig.claim(terms, 40n)], { from: bob })
      expect(await token.read('balanceOf', [bob.address])).toBe(40n)
      expect(await token.read('balanceOf', [alice.address])).toBe(960n)
      expect(await token.read('balanceOf', [rig.payChan])).toBe(0n)
    },
  )

  it('that arrive short are refused', async () => {
    const token = await tokenOf('FeeToken')
    const terms = rig.terms({ token: token.address })
    await expect(rig.send('open', [terms, 200n])).rejects.toThrow('WrongAmount')
  })

  it('that answer false, or are not allowed to be taken, or are no contract, are refused', async () => {
    const [lying, plain] = [await tokenOf('FalseToken'), await tokenOf('PlainToken')]
    for (const [token, amount] of [
      [lying.address, 1n],
      [plain.address, 1001n],
      [carol.address, 1n],
    ] as const) {
      const terms = rig.terms({ token })
      await expect(rig.send('open', [terms, amount])).rejects.toThrow('TransferFailed')
    }
  })

  it('are not mixed up with money of the chain that comes along', async () => {
    const token = await tokenOf('PlainToken')
    const terms = rig.terms({ token: token.address })
    await expect(rig.send('open', [terms, 1n], { value: 1n })).rejects.toThrow('WrongAmount')
  })

  it('that do not move to a party are owed to it, and the other party is paid', async () => {
    const token = await tokenOf('ListToken')
    const terms = rig.terms({ token: token.address })
    await rig.send('open', [terms, 100n])
    await token.send('setBlocked', [alice.address, true])
    await rig.send('close', [await rig.claim(terms, 30n)], { from: bob })
    expect(await token.read('balanceOf', [bob.address])).toBe(30n)
    expect(await rig.owed(token.address, alice.address)).toBe(70n)
    await expect(rig.send('withdrawOwed', [token.address, alice.address])).rejects.toThrow('TransferFailed')
    await rig.send('withdrawOwed', [token.address, carol.address])
    expect(await token.read('balanceOf', [carol.address])).toBe(70n)
    expect(await rig.owed(token.address, alice.address)).toBe(0n)
  })

  it('do not let the rest of a batch wait for a destination that they do not move to', async () => {
    const token = await tokenOf('ListToken')
    const [toBob, toCarol] = [
      rig.terms({ token: token.address }),
      rig.terms({ token: token.address, destination: carol.address }),
    ]
    for (const terms of [toBob, toCarol]) await rig.send('open', [terms, 100n])
    await token.send('setBlocked', [bob.address, true])
    await rig.send('claimBatch', [[await rig.claim(toBob, 1n), await rig.claim(toCarol, 2n)]])
    expect(await rig.owed(token.address, bob.address)).toBe(1n)
    expect(await token.read('balanceOf', [carol.address])).toBe(2n)
  })

  it('cannot be used to enter the contract twice', async () => {
    const token = await rig.deploy(hostile['CallbackToken']!)
    const puppet = await rig.deploy(hostile['Puppet']!)
    await token.send('mint', [puppet.address, 1000n])
    const terms = rig.terms({ token: token.address, source: puppet.address })
    const inside = rig.terms({ token: token.address, source: puppet.address })
    const open = (of: Terms) => encodeFunctionData({ abi: payChanAbi, functionName: 'open', args: [of, 10n] })
    const approve = encodeFunctionData({
      abi: hostile['PlainToken']!.abi,
      functionName: 'approve',
      args: [rig.payChan, 1000n],
    })
    await puppet.send('run', [token.address, approve])
    await puppet.send('setMood', [0, rig.payChan, open(inside)])
    await puppet.send('run', [rig.payChan, open(terms)])
    expect(await puppet.read('reentered')).toBe(false)
    expect((await rig.state(terms)).deposit).toBe(10n)
    expect((await rig.state(inside)).deposit).toBe(0n)
  })
})

describe('accounts with code', () => {
  const openTo = async (destination: Address): Promise<Terms> => {
    const terms = rig.terms({ destination })
    await rig.open(terms, 100n)
    return terms
  }

  it.each(['rejecting', 'burning'] as const)('that are %s are owed what they do not take', async (mood) => {
    const puppet = await puppetOf(mood)
    const terms = await openTo(puppet.address)
    const { gasUsed } = await rig.send('claim', [await rig.claim(terms, 30n)])
    expect(gasUsed).toBeLessThan(150_000n)
    expect((await rig.state(terms)).claimed).toBe(30n)
    expect(await rig.owed(zeroAddress, puppet.address)).toBe(30n)
    const withdraw = encodeFunctionData({
      abi: payChanAbi,
      functionName: 'withdrawOwed',
      args: [zeroAddress, carol.address],
    })
    const before = await rig.balance(carol.address)
    await puppet.send('run', [rig.payChan, withdraw], { from: bob })
    expect((await rig.balance(carol.address)) - before).toBe(30n)
  })

  it('that answer with much get their money, and nobody pays for the answer', async () => {
    const puppet = await puppetOf('bombing')
    const terms = await openTo(puppet.address)
    const { gasUsed } = await rig.send('claim', [await rig.claim(terms, 30n)])
    expect(await rig.balance(puppet.address)).toBe(30n)
    expect(gasUsed).toBeLessThan(100_000n)
  })

  it('that call back while they are paid get in nowhere', async () => {
    const terms = rig.terms()
    await rig.open(terms, 100n)
    const again = encodeFunctionData({
      abi: payChanAbi,
      functionName: 'claim',
      args: [await rig.claim(terms, 50n)],
    })
    const puppet = await puppetOf('calling', again)
    const own = await openTo(puppet.address)
    await rig.send('claim', [await rig.claim(own, 30n)])
    expect(await puppet.read('reentered')).toBe(false)
    expect(await rig.balance(puppet.address)).toBe(30n)
    expect((await rig.state(terms)).claimed).toBe(0n)
  })

  it('as a source that rejects its refund do not keep the destination from closing', async () => {
    const puppet = await puppetOf('rejecting')
    const terms = rig.terms({ source: puppet.address })
    const open = encodeFunctionData({ abi: payChanAbi, functionName: 'open', args: [terms, 100n] })
    await puppet.send('run', [rig.payChan, open], { value: 100n })
    const before = await rig.balance(bob.address)
    await rig.send('closeSigned', await signedClose(terms, 30n), { from: carol })
    expect((await rig.balance(bob.address)) - before).toBe(30n)
    expect(await rig.owed(zeroAddress, puppet.address)).toBe(70n)
  })

  it('that a plain account became after it opened the channel (EIP-7702) change nothing about its claims', async () => {
    const terms = rig.terms({ signer: alice.address })
    await rig.open(terms, 100n)
    const claim = await rig.claim(terms, 30n, { by: alice })
    const puppet = await puppetOf('rejecting')
    await rig.chain.request('anvil_setCode', [alice.address, `0xef0100${puppet.address.slice(2)}`])
    try {
      await rig.send('claim', [claim], { from: carol })
      await rig.send('close', [empty(terms)], { from: bob })
      expect(await rig.state(terms)).toMatchObject({ claimed: 30n, closed: true })
    } finally {
      await rig.chain.request('anvil_setCode', [alice.address, '0x'])
    }
  })

  it('cannot be kept from their money by who gives too little gas', async () => {
    const terms = rig.terms()
    await rig.open(terms, 100n)
    const claim = await rig.claim(terms, 30n)
    await expect(rig.send('claim', [claim], { from: carol, gas: 140_000n })).rejects.toThrow('reverted')
    await rig.send('claim', [claim], { from: carol, gas: 200_000n })
    expect(await rig.owed(zeroAddress, bob.address)).toBe(0n)
  })

  const signedClose = async (terms: Terms, amount: bigint): Promise<unknown[]> => {
    const { r, vs } = await rig.claim(terms, amount, { by: bob, type: 'Close' })
    return [await rig.claim(terms, amount), r, vs]
  }
})
