/** The wallet on a real chain: money in, money out, fees, and blocks that are taken back. */
import { Transaction } from '@scure/btc-signer'
import { MemoryJournal } from '@hourglass/journal'
import { type Sighting, decodeTransaction, scriptOf, txidOf } from '@hourglass/ledger-bitcoin'
import type { Listener, PayResult } from '@hourglass/ledger-bitcoin/io'
import { UsageError } from '@hourglass/sansio'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { OwnJournal, Rig, until } from './rig.ts'

let rig: Rig
let seed = 1

beforeAll(async () => {
  rig = await Rig.start()
})
afterAll(() => rig.stop())
afterEach(async () => {
  await rig.closeWallets()
  await rig.chain.setFees({})
})

/** The payment's transaction. */
function transactionOf(result: PayResult): string {
  if (result.kind === 'refused') throw new Error(result.message)
  return result.payment.transaction
}

const isWaiting = (txid: string): Promise<void> => until(async () => (await rig.mempool()).includes(txid))

describe('a wallet', () => {
  it('has what it is paid from the first block on, wherever that goes', async () => {
    const wallet = await rig.open(seed++)
    const events: Parameters<Listener>[0][] = []
    wallet.watch((event) => events.push(event))
    expect(wallet.balance).toEqual({ confirmed: 0n, unconfirmed: 0n, immature: 0n })
    await rig.chain.send(wallet.address(), 70_000n)
    await rig.chain.send(wallet.address(19), 30_000n)
    await wallet.sync()
    expect(wallet.balance.confirmed).toBe(0n)
    await rig.mine()
    expect(wallet.balance.confirmed).toBe(100_000n)
    expect(wallet.coins().map(({ sats }) => sats)).toEqual(expect.arrayContaining([70_000n, 30_000n]))
    expect(events.filter(({ kind }) => kind === 'received')).toHaveLength(2)
    await rig.chain.mine(1, wallet.address())
    await wallet.sync()
    expect(wallet.balance.immature).toBeGreaterThan(0n)
  })

  it('spends rewards of blocks when they are old enough', async () => {
    const wallet = await rig.open(seed++)
    await rig.chain.mine(1, wallet.address())
    await wallet.sync()
    const { immature } = wallet.balance
    await rig.mine(98)
    expect(wallet.balance).toEqual({ confirmed: 0n, unconfirmed: 0n, immature })
    await rig.mine()
    expect(wallet.balance).toEqual({ confirmed: immature, unconfirmed: 0n, immature: 0n })
    const payment = { reference: 'reward', to: [{ address: wallet.address(), sats: immature - 5000n }] }
    const txid = transactionOf(await wallet.pay(payment))
    await isWaiting(txid)
  })

  it('pays another one: exactly, once, and with a fee that the market asks for', async () => {
    await rig.chain.setFees({ estimate: 7000 })
    const [alice, bob] = [await rig.funded(seed++, 500_000n), await rig.open(seed++)]
    await rig.mine()
    const payment = { reference: 'rent', to: [{ address: bob.address(), sats: 123_456n }] }
    const txid = transactionOf(await alice.pay(payment))
    await isWaiting(txid)
    expect(transactionOf(await alice.pay(payment))).toBe(txid)
    const entry = await rig.chain.request<{ fee: number; size: number }>('getmempoolentry', [txid])
    expect(Math.round(entry.fee * 1e8) / entry.size).toBeGreaterThanOrEqual(7)
    expect(Math.round(entry.fee * 1e8) / entry.size).toBeLessThan(7.2)
    const { fee } = alice.payment('rent')!
    expect(alice.balance).toEqual({ confirmed: 0n, unconfirmed: 500_000n - 123_456n - fee, immature: 0n })
    await rig.mine()
    expect(bob.balance.confirmed).toBe(123_456n)
    expect(alice.balance.confirmed).toBe(500_000n - 123_456n - fee)
    expect(await alice.confirmed('rent', 1)).toMatchObject({ state: 'mined', height: alice.height })
    const deep = alice.confirmed('rent')
    await rig.mine(5)
    expect(await deep).toMatchObject({ state: 'mined', height: alice.height - 5 })
  })

  it('pays many at once, and any script', async () => {
    const alice = await rig.funded(seed++, 500_000n)
    const bob = await rig.open(seed++)
    const taproot = new Uint8Array([0x51, 0x20, ...new Uint8Array(32).fill(7)])
    const data = new Uint8Array([0x6a, 2, 7, 7])
    const to = [
      { address: bob.address(0), sats: 10_000n },
      { address: bob.address(1), sats: 20_000n },
      { script: taproot, sats: 330n },
    ]
    transactionOf(await alice.pay({ reference: 'many', to }))
    const nothing = alice.pay({ reference: 'nothing', to: [{ script: data, sats: 0n }] })
    await expect(nothing).rejects.toThrow(UsageError)
    await rig.mine()
    expect(bob.balance.confirmed).toBe(30_000n)
  })

  it('raises the fee of what waits: asked to, after some blocks, and when a node refuses it', async () => {
    const alice = await rig.funded(seed++, 500_000n, { bumpAfterBlocks: 2 })
    const to = [{ address: alice.address(3), sats: 50_000n }]
    const first = transactionOf(await alice.pay({ reference: 'one', to, satsPerVbyte: 2n }))
    await isWaiting(first)
    const second = transactionOf(await alice.bump('one'))
    await isWaiting(second)
    expect(await rig.mempool()).not.toContain(first)

    // Nothing of it is in two blocks.
    await rig.chain.forget(second)
    await rig.chain.mine(2)
    await rig.chain.setFees({ estimate: 40_000 })
    await alice.sync()
    const third = alice.payment('one')!.transaction
    expect(third).not.toBe(second)
    await isWaiting(third)

    // The mempool has become choosy.
    await rig.chain.forget(third)
    await rig.chain.setFees({ minimum: 90_000 })
    await rig.chain.mine()
    await until(async () => (await rig.mempool()).includes(alice.payment('one')!.transaction))
    expect(alice.payment('one')).toMatchObject({ state: 'sent', objection: undefined })
    expect(alice.payment('one')!.fee).toBeGreaterThan(90n * 109n)
    await rig.mine()
    expect(alice.payment('one')).toMatchObject({ state: 'mined' })
    expect(rig.traces.some((trace) => trace.includes('min relay fee not met'))).toBe(true)
  })

  it('refuses what it cannot pay, dust, another payment under a name, and no address of the network', async () => {
    const alice = await rig.funded(seed++, 50_000n)
    const pay = (sats: bigint, reference = 'test'): Promise<PayResult> =>
      alice.pay({ reference, to: [{ address: alice.address(), sats }] })
    expect(await pay(50_000n)).toMatchObject({ kind: 'refused', refusal: 'insufficient-funds' })
    expect(await pay(293n)).toMatchObject({ kind: 'refused', refusal: 'dust' })
    expect(await alice.bump('nothing')).toMatchObject({ kind: 'refused', refusal: 'no-payment' })
    const to = [{ address: 'bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4', sats: 1000n }]
    await expect(alice.pay({ reference: 'main', to })).rejects.toThrow(UsageError)
    await expect(alice.confirmed('nothing')).rejects.toThrow(UsageError)
    await expect(alice.bump('test', 0n)).rejects.toThrow(UsageError)
    const dear = { reference: 'dear', to: [{ address: alice.address(), sats: 1000n }], satsPerVbyte: 201n }
    expect(await alice.pay(dear)).toMatchObject({ kind: 'refused', refusal: 'not-possible' })
    expect(await pay(294n)).toMatchObject({ kind: 'accepted' })
    expect(await pay(295n)).toMatchObject({ kind: 'refused', refusal: 'reference-used' })
  })

  it('gathers many coins, and spends change that waits', async () => {
    const alice = await rig.open(seed++)
    const bob = await rig.funded(seed++, 5_000_000n)
    for (let part = 0; part < 4; part++) {
      const to = Array.from({ length: 50 }, (_, index) => ({
        address: alice.address(index % 20),
        sats: 5000n,
      }))
      transactionOf(await bob.pay({ reference: `part ${part}`, to }))
    }
    await rig.mine()
    expect(alice.balance.confirmed).toBe(1_000_000n)
    const to = [{ address: bob.address(), sats: 800_000n }]
    const txid = transactionOf(await alice.pay({ reference: 'all', to, satsPerVbyte: 1n }))
    await isWaiting(txid)
    const { inputs } = decodeTransaction(alice.rawTransaction('all')!)
    expect(inputs.length).toBeGreaterThan(160)
    await rig.mine()
    expect(alice.payment('all')).toMatchObject({ state: 'mined' })
  })

  it('keeps a transaction back for a channel, and gives up or sends it', async () => {
    const alice = await rig.funded(seed++, 200_000n)
    const script = new Uint8Array([0, 32, ...new Uint8Array(32).fill(5)])
    const funding = { reference: 'channel', to: [{ script, sats: 150_000n }], isFixed: true }
    const txid = transactionOf(await alice.keep(funding))
    expect(txidOf(decodeTransaction(alice.rawTransaction('channel')!))).toBe(txid)
    await rig.mine()
    expect(alice.payment('channel')).toMatchObject({ state: 'kept', transaction: txid })
    await alice.release('channel')
    expect(alice.balance.confirmed).toBe(200_000n)
    expect(transactionOf(await alice.keep(funding))).toBe(txid)
    await alice.send('channel')
    await isWaiting(txid)
    expect(await alice.bump('channel')).toMatchObject({ refusal: 'not-possible' })
    // Whoever else has it may send it, too: the wallet sees it in a block.
    await rig.mine()
    expect(alice.payment('channel')).toMatchObject({ state: 'mined', transaction: txid })
  })

  it('signs its own inputs of a transaction that others sign, too', async () => {
    const [alice, bob] = [await rig.funded(seed++, 200_000n), await rig.funded(seed++, 100_000n)]
    await rig.mine()
    const parts = new Transaction({ allowUnknownOutputs: true })
    for (const { outpoint, sats, script } of [...alice.coins(), ...bob.coins()]) {
      const [txid, index] = outpoint.split(':')
      parts.addInput({ txid: txid!, index: Number(index), witnessUtxo: { script, amount: sats } })
    }
    parts.addOutput({ script: scriptOf(bob.address(), 'regtest')!, amount: 299_000n })
    const halves = [alice, bob].map((wallet) => Transaction.fromRaw(wallet.signPsbt(parts.toPSBT())))
    const payment = { reference: 'lent', to: [{ address: bob.address(), sats: 50_000n }] }
    expect(await alice.pay(payment)).toMatchObject({ refusal: 'insufficient-funds' })
    expect(alice.coins()).toHaveLength(1)
    const witnesses = halves.map((half) =>
      [0, 1].map((at) => half.getInput(at).finalScriptWitness?.length ?? 0),
    )
    expect(witnesses).toEqual([
      [2, 0],
      [0, 2],
    ])
    const whole = Transaction.fromRaw(alice.signPsbt(parts.toPSBT()))
    whole.updateInput(1, { finalScriptWitness: halves[1]!.getInput(1).finalScriptWitness! }, true)
    const txid = await rig.chain.request<string>('sendrawtransaction', [whole.hex])
    await isWaiting(txid)
    await rig.mine()
    expect(alice.balance.confirmed).toBe(0n)
    expect(bob.balance.confirmed).toBe(299_000n)
  })

  it('tells of outputs that others make and spend', async () => {
    const [alice, bob] = [await rig.funded(seed++, 300_000n), await rig.open(seed++)]
    const seen: Sighting[] = []
    alice.watchScript(scriptOf(bob.address(), 'regtest')!, (sighting) => seen.push(sighting))
    transactionOf(await alice.pay({ reference: 'in', to: [{ address: bob.address(), sats: 90_000n }] }))
    await rig.mine()
    expect(seen).toMatchObject([{ kind: 'paid', sats: 90_000n }])
    const { outpoint } = seen[0]!
    alice.watchOutput(outpoint, (sighting) => seen.push(sighting))
    const txid = transactionOf(
      await bob.pay({ reference: 'out', to: [{ address: alice.address(), sats: 50_000n }] }),
    )
    await rig.mine()
    expect(seen[1]).toMatchObject({ kind: 'spent', outpoint })
    expect(txidOf(decodeTransaction((seen[1] as { transaction: Uint8Array }).transaction))).toBe(txid)
    await rig.chain.reorganise(1)
    await rig.sync()
    expect(seen[2]).toMatchObject({ kind: 'undone', outpoint })
    await rig.mine()
    expect(seen[3]).toMatchObject({ kind: 'spent', outpoint })
  })
})

describe('blocks that are taken back', () => {
  it('a payment that they held waits again, and comes back', async () => {
    const [alice, bob] = [await rig.funded(seed++, 300_000n), await rig.open(seed++)]
    const states: string[] = []
    alice.watch((event) => {
      if (event.kind === 'payment') states.push(event.payment.state)
    })
    await rig.mine()
    transactionOf(await alice.pay({ reference: 'rent', to: [{ address: bob.address(), sats: 100_000n }] }))
    await rig.mine(2)
    expect(bob.balance.confirmed).toBe(100_000n)
    await rig.chain.reorganise(3)
    await rig.sync()
    expect(bob.balance.confirmed).toBe(0n)
    expect(alice.payment('rent')).toMatchObject({ state: 'sent', height: undefined })
    await rig.mine()
    expect(bob.balance.confirmed).toBe(100_000n)
    expect(states).toEqual(['mined', 'sent', 'mined'])
  })

  it('a payment that the network has forgotten is sent again', async () => {
    const [alice, bob] = [await rig.funded(seed++, 300_000n), await rig.open(seed++)]
    const to = [{ address: bob.address(), sats: 100_000n }]
    const txid = transactionOf(await alice.pay({ reference: 'rent', to }))
    await rig.mine()
    await rig.chain.reorganise(1, { forget: true })
    await alice.sync()
    await isWaiting(txid)
    await rig.mine()
    expect(alice.payment('rent')).toMatchObject({ state: 'mined', transaction: txid })
    expect(bob.balance.confirmed).toBe(100_000n)
  })

  it('a version that was replaced may come back in a block, and counts', async () => {
    const [alice, bob] = [await rig.funded(seed++, 300_000n), await rig.open(seed++)]
    const to = [{ address: bob.address(), sats: 100_000n }]
    const first = transactionOf(await alice.pay({ reference: 'rent', to }))
    const raw = Buffer.from(alice.rawTransaction('rent')!).toString('hex')
    const second = transactionOf(await alice.bump('rent'))
    await isWaiting(second)
    await rig.mine()
    expect(alice.payment('rent')).toMatchObject({ transaction: second })
    await rig.chain.reorganise(1, { include: [raw] })
    await rig.sync()
    expect(alice.payment('rent')).toMatchObject({ state: 'mined', transaction: first })
    expect(bob.balance.confirmed).toBe(100_000n)
    expect(alice.balance.confirmed).toBe(300_000n - 100_000n - alice.payment('rent')!.fee)
  })

  it('a chain of payments comes back whole', async () => {
    const [alice, bob] = [await rig.funded(seed++, 300_000n), await rig.open(seed++)]
    for (const reference of ['one', 'two', 'three', 'four'])
      transactionOf(await alice.pay({ reference, to: [{ address: bob.address(), sats: 10_000n }] }))
    await rig.mine()
    expect(bob.balance.confirmed).toBe(40_000n)
    await rig.chain.reorganise(1, { forget: true })
    await rig.sync()
    expect(bob.balance.confirmed).toBe(0n)
    await until(async () => (await rig.mempool()).length >= 4)
    await rig.mine()
    expect(bob.balance.confirmed).toBe(40_000n)
  })

  it('a wallet that was closed meanwhile goes back and on when it opens', async () => {
    const journal = new OwnJournal()
    const alice = await rig.funded(seed, 300_000n, { journal })
    transactionOf(await alice.pay({ reference: 'rent', to: [{ address: alice.address(5), sats: 100_000n }] }))
    await rig.mine(3)
    await alice.close()
    await rig.chain.reorganise(3, { forget: true })
    const again = await rig.open(seed++, { journal })
    expect(again.payment('rent')).toMatchObject({ state: 'sent' })
    await isWaiting(again.payment('rent')!.transaction)
    await rig.mine()
    expect(again.payment('rent')).toMatchObject({ state: 'mined' })
  })

  it('where none of the last 144 blocks is left, the chain is read again from the birthday', async () => {
    const journal = new OwnJournal()
    const alice = await rig.funded(seed, 300_000n, { journal })
    await alice.close()
    // What a node of another chain would show: our blocks with other hashes.
    const records = journal.load('bitcoin/block/')
    const last = records.at(-1)!
    journal.commit(
      records.map(({ key }) => ({ key, value: undefined })),
      () => undefined,
    )
    const text = new TextDecoder().decode(last.value).replace(/"s:[0-9a-f]{64}"/, `"s:${'ab'.repeat(32)}"`)
    journal.commit([{ key: last.key, value: new TextEncoder().encode(text) }], () => undefined)
    journal.flush()
    const again = await rig.open(seed++, { journal })
    expect(again.balance.confirmed).toBe(300_000n)
    expect(rig.traces.some((trace) => trace.includes('read again'))).toBe(true)
  })
})

describe('a journal', () => {
  it('that does not write lets nothing out', async () => {
    const journal = new OwnJournal()
    const alice = await rig.funded(seed++, 300_000n, { journal })
    journal.isStuck = true
    const before = await rig.mempool()
    const result = alice.pay({ reference: 'rent', to: [{ address: alice.address(5), sats: 100_000n }] })
    await rig.chain.request('getblockcount')
    expect(await rig.mempool()).toEqual(before)
    journal.isStuck = false
    journal.flush()
    await isWaiting(transactionOf(await result))
  })

  it('of another wallet is refused', async () => {
    const journal = new OwnJournal()
    const wallet = await rig.open(seed++, { journal })
    await wallet.close()
    await expect(rig.open(seed++, { journal })).rejects.toMatchObject({ code: 'wrong-wallet' })
    expect(journal).toBeInstanceOf(MemoryJournal)
  })
})
