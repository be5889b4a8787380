/** The wallet's machine against a chain in memory that takes blocks back, with crashes at any point. */
import { Transaction as LibraryTransaction } from '@scure/btc-signer'
import { MemoryJournal } from '@hourglass/journal'
import { encodeHex } from '@hourglass/oer'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { HEADER_BYTES, type Outpoint, type Transaction, decodeTransaction, hashOf, txidOf } from './block.ts'
import { sumOf } from './coin.ts'
import { type Header, HeaderChain } from './header-chain.ts'
import { Keys } from './keys.ts'
import { RECORDS, restore } from './records.ts'
import { Wallet, type WalletInput, type WalletOutput } from './wallet.ts'

const keys = new Keys(new Uint8Array(32).fill(1), 'regtest')
const ours = keys.change.script
/** Somebody else's. */
const payee = new Keys(new Uint8Array(32).fill(2), 'regtest').change.script
const MARKET = { estimate: 5n, minimum: 1n }

/** Each block's first transaction makes money for a miner: nobody here. */
const REWARD: Transaction = { raw: new Uint8Array(0), inputs: [], outputs: [] }

interface ModelBlock {
  readonly header: Header
  /** All but the first. */
  readonly transactions: readonly Transaction[]
}

/** Only what a wallet can notice: who spends what, and in which block. */
class ModelChain {
  readonly blocks: ModelBlock[] = []
  mempool: Transaction[] = []
  /** Nothing that is sent arrives. */
  isDeaf = false
  #count = 0

  constructor() {
    this.mine(0)
  }

  get tip(): Header {
    return this.blocks.at(-1)!.header
  }

  /** A block with the first `size` transactions that wait. */
  mine(size = Infinity): void {
    const transactions = this.mempool.slice(0, size)
    this.mempool = this.mempool.slice(transactions.length)
    const bytes = new Uint8Array(HEADER_BYTES)
    new DataView(bytes.buffer).setUint32(0, this.#count++)
    const previous = this.blocks.at(-1)?.header
    if (previous !== undefined) bytes.set(reversed(previous.hash), 4)
    const header = { height: (previous?.height ?? 99) + 1, hash: hashOf(bytes), bytes }
    this.blocks.push({ header, transactions })
  }

  /** Money from nowhere. */
  mint(sats: bigint, script = ours): Transaction {
    const tx = new LibraryTransaction({ allowUnknownInputs: true })
    const txid = encodeHex(new Uint8Array(32).fill(0xee))
    tx.addInput({ txid, index: this.#count++, finalScriptSig: new Uint8Array(0) })
    tx.addOutput({ script, amount: sats })
    const minted = decodeTransaction(tx.toBytes(true, false))
    this.mempool.push(minted)
    return minted
  }

  /** As a mempool does: refuses what spends nothing that is there, replaces what pays less. */
  submit(raw: Uint8Array): string | undefined {
    if (this.isDeaf) return 'nobody hears'
    const transaction = decodeTransaction(raw)
    const txid = txidOf(transaction)
    const known = [...this.blocks.flatMap(({ transactions }) => transactions), ...this.mempool]
    if (known.some((other) => txidOf(other) === txid)) return undefined
    const conflicts = this.mempool.filter((other) => shares(other, transaction))
    const rest = this.#without(conflicts)
    const coins = this.coins(rest)
    if (!transaction.inputs.every((outpoint) => coins.has(outpoint))) return 'missing inputs'
    if (conflicts.some((other) => feeOf(other, this.#all()) >= feeOf(transaction, this.#all()))) {
      return 'insufficient fee'
    }
    this.mempool = [...rest, transaction]
    return undefined
  }

  /** Takes blocks back and adds as many and one; what they held waits again, or is forgotten. */
  reorganise(depth: number, isForgetful: boolean): void {
    const taken = this.blocks.splice(-depth)
    const waiting = this.mempool
    this.mempool = []
    for (let added = 0; added <= depth; added++) this.mine(0)
    const back = taken.flatMap(({ transactions }) => transactions)
    const isMinted = ({ inputs }: Transaction): boolean => inputs[0]!.startsWith('ee')
    // Other people's payments come back in any case.
    this.mempool = back.filter(isMinted)
    for (const transaction of isForgetful ? waiting : [...back, ...waiting]) {
      if (isMinted(transaction)) this.mempool = [...new Set([...this.mempool, transaction])]
      else this.submit(transaction.raw)
    }
  }

  /** What can be spent. */
  coins(waiting: readonly Transaction[] = []): Map<Outpoint, { sats: bigint; script: Uint8Array }> {
    const coins = new Map<Outpoint, { sats: bigint; script: Uint8Array }>()
    for (const transaction of [...this.blocks.flatMap(({ transactions }) => transactions), ...waiting]) {
      for (const outpoint of transaction.inputs) coins.delete(outpoint)
      const txid = txidOf(transaction)
      transaction.outputs.forEach((output, index) => coins.set(`${txid}:${index}`, output))
    }
    return coins
  }

  /** What blocks paid to the payee: each amount as often as it was paid. */
  paid(): bigint[] {
    const outputs = this.blocks.flatMap(({ transactions }) => transactions).flatMap(({ outputs }) => outputs)
    return outputs.filter(({ script }) => isSame(script, payee)).map(({ sats }) => sats)
  }

  #all(): Map<Outpoint, bigint> {
    const all = [...this.blocks.flatMap(({ transactions }) => transactions), ...this.mempool]
    return new Map(
      all.flatMap((tx) => tx.outputs.map(({ sats }, index) => [`${txidOf(tx)}:${index}`, sats] as const)),
    )
  }

  /** The mempool without those and what descends from them. */
  #without(conflicts: readonly Transaction[]): Transaction[] {
    const gone = new Set(conflicts)
    const names = new Set(conflicts.map(txidOf))
    for (const transaction of this.mempool) {
      if (!transaction.inputs.some((outpoint) => names.has(outpoint.split(':')[0]!))) continue
      gone.add(transaction)
      names.add(txidOf(transaction))
    }
    return this.mempool.filter((transaction) => !gone.has(transaction))
  }
}

const isSame = (a: Uint8Array, b: Uint8Array): boolean => encodeHex(a) === encodeHex(b)
const shares = (a: Transaction, b: Transaction): boolean =>
  a.inputs.some((outpoint) => b.inputs.includes(outpoint))
const feeOf = (tx: Transaction, all: ReadonlyMap<Outpoint, bigint>): bigint =>
  tx.inputs.reduce((sum, outpoint) => sum + (all.get(outpoint) ?? 0n), 0n) - sumOf(tx.outputs)
const reversed = (hash: string): Uint8Array => new Uint8Array(Buffer.from(hash, 'hex').reverse())

/** A wallet with its journal, driven by hand. */
class Driver {
  readonly chain = new ModelChain()
  readonly journal = new MemoryJournal()
  readonly outputs: WalletOutput[] = []
  wallet: Wallet
  #known: HeaderChain
  #nextId = 1

  constructor() {
    ;[this.wallet, this.#known] = this.#open()
    this.journal.flush()
  }

  pay(reference: string, sats: bigint, options: { isFixed?: boolean; isKept?: boolean } = {}): void {
    const outputs = [{ sats, script: payee }]
    const { isFixed = false, isKept = false } = options
    this.handle({
      kind: 'pay',
      id: this.#nextId++,
      reference,
      outputs,
      satsPerVbyte: undefined,
      isFixed,
      isKept,
    })
  }

  handle(input: WalletInput): void {
    this.wallet.handle(input)
    for (let output = this.wallet.poll(); output !== undefined; output = this.wallet.poll()) {
      this.outputs.push(output)
      if (output.kind === 'commit') this.#commit(output.id, output.records)
      if (output.kind === 'broadcast') this.chain.submit(output.raw)
    }
  }

  /** Makes durable what was committed. */
  flush(): void {
    while (this.journal.waiting > 0) this.journal.flush()
  }

  /** Shows the wallet where the chain is. */
  sync(market = MARKET): void {
    const { blocks } = this.chain
    const isPart = ({ hash }: Header): boolean => blocks.some(({ header }) => header.hash === hash)
    while (!isPart(this.#known.tip)) {
      this.#known.disconnect()
      this.handle({ kind: 'disconnected' })
    }
    for (const { header, transactions } of blocks) {
      if (!this.#known.connect(header)) continue
      this.handle({ kind: 'connected', header, transactions: [REWARD, ...transactions] })
    }
    this.handle({ kind: 'synced', market })
    this.flush()
  }

  /** Ends at once, with the first `kept` of the commits under way on the disk, and begins again. */
  crash(kept: number): void {
    this.journal.lose(kept)
    ;[this.wallet, this.#known] = this.#open()
    this.sync()
  }

  last(kind: WalletOutput['kind']): WalletOutput | undefined {
    return this.outputs.findLast((output) => output.kind === kind)
  }

  #open(): [Wallet, HeaderChain] {
    const records = this.journal.load(RECORDS)
    const { headers } = restore(records)
    const start = this.chain.blocks[0]!.header
    const wallet = new Wallet({ keys, records, start, bumpAfterBlocks: 2, rateMax: 500n })
    for (let output = wallet.poll(); output !== undefined; output = wallet.poll())
      if (output.kind === 'commit') this.#commit(output.id, output.records)
    return [wallet, new HeaderChain(headers.length === 0 ? [start] : headers)]
  }

  #commit(id: number, records: Extract<WalletOutput, { kind: 'commit' }>['records']): void {
    const { wallet } = this
    this.journal.commit(records, () => {
      if (wallet === this.wallet || this.wallet === undefined) this.handle({ kind: 'committed', id })
    })
  }
}

function funded(...amounts: bigint[]): Driver {
  const driver = new Driver()
  for (const sats of amounts) driver.chain.mint(sats)
  driver.chain.mine()
  driver.sync()
  return driver
}

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
      message: expect.stringContaining('the id'),
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

type Step =
  | { readonly kind: 'mint' | 'pay'; readonly sats: bigint }
  | { readonly kind: 'mine' | 'crash'; readonly count: number }
  | { readonly kind: 'reorganise'; readonly depth: number; readonly isForgetful: boolean }
  | { readonly kind: 'sync'; readonly rate: bigint }
  | { readonly kind: 'flush' | 'again' | 'deaf' }

const anyStep: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constantFrom('mint' as const), sats: fc.bigInt({ min: 20_000n, max: 200_000n }) }),
  fc.record({ kind: fc.constantFrom('pay' as const), sats: fc.bigInt({ min: 1000n, max: 60_000n }) }),
  fc.record({ kind: fc.constantFrom('mine' as const, 'crash' as const), count: fc.nat(3) }),
  fc.record({
    kind: fc.constant('reorganise' as const),
    depth: fc.integer({ min: 1, max: 4 }),
    isForgetful: fc.boolean(),
  }),
  fc.record({ kind: fc.constant('sync' as const), rate: fc.bigInt({ min: 1n, max: 60n }) }),
  fc.record({ kind: fc.constantFrom('flush' as const, 'again' as const, 'deaf' as const) }),
)

class Story {
  readonly driver = funded(150_000n, 150_000n)
  /** What was asked for, by reference. */
  readonly asked = new Map<string, bigint>()

  take(step: Step): void {
    const { driver } = this
    const { chain } = driver
    switch (step.kind) {
      case 'mint':
        chain.mint(step.sats)
        return
      case 'pay': {
        // Each amount is of one payment: so a block tells which one it pays.
        const sats = step.sats * 100n + BigInt(this.asked.size)
        const reference = `payment ${this.asked.size}`
        this.asked.set(reference, sats / 10n)
        return driver.pay(reference, sats / 10n)
      }
      case 'again':
        for (const [reference, sats] of this.asked) driver.pay(reference, sats)
        return
      case 'mine':
        return chain.mine(step.count)
      case 'crash':
        return driver.crash(step.count)
      case 'reorganise':
        return chain.reorganise(Math.min(step.depth, chain.blocks.length - 1), step.isForgetful)
      case 'sync':
        return driver.sync({ estimate: step.rate, minimum: 1n })
      case 'flush':
        return driver.flush()
      case 'deaf':
        chain.isDeaf = !chain.isDeaf
        return
    }
  }
}

describe('the wallet in any story of payments, blocks, reorganisations and crashes', () => {
  it('pays nothing twice, and in the end everything that it accepted', () => {
    fc.assert(
      fc.property(fc.array(anyStep, { minLength: 5, maxLength: 40 }), (steps) => {
        const story = new Story()
        const { driver } = story
        for (const step of steps) {
          story.take(step)
          const paid = driver.chain.paid()
          expect(new Set(paid).size).toBe(paid.length)
        }
        driver.chain.isDeaf = false
        for (let blocks = 0; blocks < 4; blocks++) {
          driver.flush()
          driver.sync()
          driver.chain.mine()
        }
        driver.sync()
        const payments = driver.wallet.payments()
        expect(payments.every(({ state }) => state === 'mined')).toBe(true)
        expect(driver.chain.paid().sort()).toEqual(payments.map(({ outputs }) => outputs[0]!.sats).sort())
        const coins = [...driver.chain.coins().values()].filter(({ script }) => isSame(script, ours))
        expect(driver.wallet.balance).toEqual({ confirmed: sumOf(coins), unconfirmed: 0n, immature: 0n })
      }),
      { numRuns: 200 },
    )
  })
})
