/** The wallet's machine, step by step. */
import { describe, expect, it } from 'vitest'
import { decodeTransaction, txidOf } from './block.ts'
import { sumOf } from './coin.ts'
import { RECORDS, restore } from './records.ts'
import { Driver, MARKET, funded } from './testing/driver.ts'
import { REWARD, isSame, keys, ours } from './testing/model-chain.ts'
import { Wallet } from './wallet.ts'
import type { WalletOutput } from './wallet-io.ts'

describe('the wallet', () => {
  it('counts what blocks bring, and not what they take back', () => {
    const driver = funded(100_000n, 50_000n)
    expect(driver.wallet.balance).toEqual({ confirmed: 150_000n, unconfirmed: 0n, immature: 0n })
    expect(driver.outputs.filter(({ kind }) => kind === 'received')).toHaveLength(2)
    driver.chain.reorganise(1, false)
    driver.sync()
    expect(driver.wallet.balance.confirmed).toBe(0n)
    expect(driver.outputs.filter(({ kind }) => kind === 'lost')).toHaveLength(2)
    driver.chain.mine()
    driver.sync()
    expect(driver.wallet.balance.confirmed).toBe(150_000n)
  })

  it('sends nothing that is not written down', () => {
    const driver = funded(100_000n)
    driver.pay('rent', 20_000n)
    expect(driver.chain.mempool).toEqual([])
    expect(driver.last('accepted')).toBeUndefined()
    driver.handle({ kind: 'synced', market: MARKET })
    expect(driver.chain.mempool).toEqual([])
    driver.flush()
    expect(driver.chain.mempool).toHaveLength(1)
    expect(driver.last('accepted')).toMatchObject({ payment: { reference: 'rent', state: 'sent' } })
  })

  it('pays one reference once, and tells who asks for something else under its name', () => {
    const driver = funded(100_000n)
    driver.pay('rent', 20_000n)
    driver.flush()
    driver.pay('rent', 20_000n)
    driver.flush()
    expect(driver.chain.mempool).toHaveLength(1)
    driver.pay('rent', 20_001n)
    expect(driver.last('refused')).toMatchObject({ refusal: 'reference-used' })
  })

  it('a payment that was written down before a crash goes out after it', () => {
    const driver = funded(100_000n)
    driver.pay('rent', 20_000n)
    driver.crash(1)
    expect(driver.chain.mempool).toHaveLength(1)
    driver.chain.mine()
    driver.sync()
    expect(driver.wallet.payment('rent')).toMatchObject({ state: 'mined', height: 102 })
  })

  it('a payment that was not written down before a crash has never been', () => {
    const driver = funded(100_000n)
    driver.pay('rent', 20_000n)
    driver.crash(0)
    expect(driver.wallet.payment('rent')).toBeUndefined()
    driver.pay('rent', 20_000n)
    driver.flush()
    driver.chain.mine()
    expect(driver.chain.paid()).toEqual([20_000n])
  })

  it('spends change that waits only where nothing else suffices, and pays for its parent, too', () => {
    const driver = funded(300_000n, 30_000n)
    driver.pay('one', 200_000n)
    driver.flush()
    driver.pay('two', 20_000n)
    driver.flush()
    const [one, two] = driver.chain.mempool
    expect(two!.inputs.some((outpoint) => outpoint.startsWith(txidOf(one!)))).toBe(false)
    driver.handle({ kind: 'synced', market: { estimate: 50n, minimum: 1n } })
    driver.pay('three', 60_000n)
    driver.flush()
    const three = driver.chain.mempool[2]!
    expect(three.inputs.map((outpoint) => outpoint.split(':')[0])).toContain(txidOf(one!))
    const fees = ['one', 'three'].map((reference) => driver.wallet.payment(reference)!.fee)
    expect(fees[0]! + fees[1]!).toBeGreaterThanOrEqual(50n * 2n * 140n)
  })

  it('raises what waits, and counts whichever version a block holds', () => {
    const driver = funded(100_000n, 40_000n)
    driver.pay('rent', 90_000n)
    driver.flush()
    const first = driver.chain.mempool[0]!
    driver.chain.mine(0)
    driver.chain.mine(0)
    driver.sync({ estimate: 95n, minimum: 1n })
    const [second] = driver.chain.mempool
    expect(driver.chain.mempool).toHaveLength(1)
    expect(second!.inputs).toEqual(expect.arrayContaining([...first.inputs]))
    expect(second!.inputs).toHaveLength(2)
    driver.chain.mempool = [first]
    driver.chain.mine()
    driver.sync()
    expect(driver.wallet.payment('rent')).toMatchObject({ state: 'mined', transaction: txidOf(first) })
    expect(driver.wallet.balance.confirmed).toBe(sumOf(first.outputs) - 90_000n + 40_000n)
  })

  it('does not spend the change of a payment with several versions: another one may be mined', () => {
    const driver = funded(100_000n)
    driver.pay('rent', 20_000n)
    driver.flush()
    driver.handle({ kind: 'bump', id: 98, reference: 'rent', satsPerVbyte: undefined })
    driver.flush()
    driver.pay('more', 20_000n)
    expect(driver.last('refused')).toMatchObject({ refusal: 'insufficient-funds' })
    driver.chain.mine()
    driver.sync()
    driver.pay('more', 20_000n)
    driver.flush()
    expect(driver.wallet.payment('more')).toMatchObject({ state: 'sent' })
  })

  it('raises at once what a node refuses for its fee', () => {
    const driver = funded(100_000n)
    driver.pay('rent', 20_000n)
    driver.flush()
    const [first] = driver.chain.mempool
    const objection = 'mempool min fee not met'
    driver.handle({ kind: 'answered', txid: txidOf(first!), objection, isUnderpriced: true })
    expect(driver.wallet.payment('rent')).toMatchObject({ objection })
    driver.sync({ estimate: undefined, minimum: 30n })
    expect(txidOf(driver.chain.mempool[0]!)).not.toBe(txidOf(first!))
    expect(driver.wallet.payment('rent')).toMatchObject({ objection: undefined })
  })

  it('leaves a fixed payment as it is, and one whose change is spent', () => {
    const driver = funded(100_000n)
    driver.pay('fixed', 20_000n, { isFixed: true })
    driver.flush()
    const bump = (reference: string): WalletOutput | undefined => {
      driver.handle({ kind: 'bump', id: 99, reference, satsPerVbyte: undefined })
      driver.flush()
      return driver.last('refused')
    }
    expect(bump('fixed')).toMatchObject({
      refusal: 'not-possible',
      message: 'payment fixed has to keep the id of its transaction',
    })
    const again = funded(100_000n)
    again.pay('parent', 20_000n)
    again.flush()
    again.pay('child', 20_000n)
    again.flush()
    again.handle({ kind: 'bump', id: 99, reference: 'parent', satsPerVbyte: undefined })
    expect(again.last('refused')).toMatchObject({ refusal: 'not-possible' })
    again.handle({ kind: 'bump', id: 99, reference: 'nobody', satsPerVbyte: undefined })
    expect(again.last('refused')).toMatchObject({ refusal: 'no-payment' })
  })

  it('keeps back what is kept, until it is sent or released', () => {
    const driver = funded(100_000n, 100_000n)
    for (const reference of ['sent', 'released']) driver.pay(reference, 70_000n, { isKept: true })
    driver.flush()
    driver.sync()
    expect(driver.chain.mempool).toEqual([])
    expect(driver.wallet.balance.confirmed).toBe(0n)
    driver.handle({ kind: 'send', id: 98, reference: 'sent' })
    driver.handle({ kind: 'release', id: 99, reference: 'released' })
    driver.flush()
    expect(driver.chain.mempool).toHaveLength(1)
    expect(driver.wallet.balance.confirmed).toBe(100_000n)
    driver.handle({ kind: 'release', id: 99, reference: 'sent' })
    expect(driver.last('refused')).toMatchObject({ refusal: 'not-possible' })
  })

  it('refuses dust and what it cannot pay', () => {
    const driver = funded(10_000n)
    driver.pay('dust', 293n)
    expect(driver.last('refused')).toMatchObject({ refusal: 'dust' })
    driver.pay('much', 9_990n)
    expect(driver.last('refused')).toMatchObject({ refusal: 'insufficient-funds' })
    expect(driver.wallet.payments()).toEqual([])
  })

  it('gives a payment up when a coin of it was spent otherwise a hundred blocks ago, and pays anew if asked', () => {
    const driver = funded(100_000n)
    driver.pay('rent', 20_000n)
    driver.flush()
    driver.pay('after', 10_000n)
    driver.flush()
    // Another wallet with the same seed spends the same coin.
    const [stolen] = driver.chain.mempool[0]!.inputs
    const other = decodeTransaction(driver.chain.mint(90_000n).raw)
    driver.chain.mempool = [{ ...other, inputs: [stolen!] }]
    driver.chain.mine()
    for (let blocks = 0; blocks < 99; blocks++) driver.chain.mine(0)
    driver.sync()
    expect(driver.wallet.payment('rent')).toMatchObject({ state: 'sent' })
    driver.chain.mine(0)
    driver.sync()
    expect(driver.wallet.payments()).toMatchObject([{ state: 'void' }, { state: 'void' }])
    driver.pay('rent', 20_000n)
    driver.flush()
    expect(driver.wallet.payment('rent')).toMatchObject({ state: 'sent' })
  })

  it('forgets all but the name of a payment that is buried, and begins anew where the chain is another', () => {
    const driver = funded(100_000n, 60_000n)
    driver.pay('old', 20_000n)
    driver.flush()
    for (let blocks = 0; blocks < 150; blocks++) driver.chain.mine()
    driver.sync()
    expect(driver.wallet.rawTransaction('old')).toBeUndefined()
    expect(restore(driver.journal.load(RECORDS)).headers).toHaveLength(144)
    driver.pay('old', 20_000n)
    driver.flush()
    expect(driver.chain.mempool).toEqual([])
    const birthday = driver.chain.blocks[0]!.header
    driver.handle({ kind: 'reset', header: birthday })
    expect(driver.wallet.balance.confirmed).toBe(0n)
    for (const { header, transactions } of driver.chain.blocks.slice(1))
      driver.handle({ kind: 'connected', header, transactions: [REWARD, ...transactions] })
    driver.flush()
    const total = sumOf([...driver.chain.coins().values()].filter(({ script }) => isSame(script, ours)))
    expect(driver.wallet.balance.confirmed).toBe(total)
  })

  it('a reward can be spent after a hundred blocks', () => {
    const driver = new Driver()
    driver.chain.mint(100_000n)
    driver.chain.mine()
    driver.sync()
    const { header, transactions } = driver.chain.blocks[1]!
    const wallet = new Wallet({
      keys,
      records: [],
      start: driver.chain.blocks[0]!.header,
      bumpAfterBlocks: 2,
      rateMax: 9n,
    })
    wallet.handle({ kind: 'connected', header, transactions })
    expect(wallet.balance).toEqual({ confirmed: 0n, unconfirmed: 0n, immature: 100_000n })
  })
})
