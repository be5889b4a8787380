import { describe, expect, it } from 'vitest'
import {
  type Call,
  type Fees,
  type Head,
  Outbox,
  type OutboxInput,
  type OutboxOutput,
  type Receipt,
} from './outbox.ts'

const GWEI = 1_000_000_000n
const market: Fees = { perGasMax: 20n * GWEI, tipPerGas: GWEI }
const RESEND_AFTER_MS = 1000

const callOf = (name: string): Call => ({ to: name, data: '0x', value: 0n, gas: 21_000n })

/** Transactions "hash" to what tells them apart. */
function makeOutbox(feePerGasMax = 100n * GWEI): Driver {
  return new Driver(
    new Outbox({
      sign: ({ to, nonce, perGasMax, tipPerGas }) => {
        const hash = `${to} #${nonce} for ${perGasMax / GWEI}/${tipPerGas / GWEI}`
        return { hash, raw: `signed ${hash}` }
      },
      resendAfterMs: RESEND_AFTER_MS,
      feePerGasMax,
    }),
  )
}

class Driver {
  readonly outbox: Outbox
  now = 0
  #head: Head = { number: 100, finalNumber: 100, nonce: 5, finalNonce: 5, fees: market }

  constructor(outbox: Outbox) {
    this.outbox = outbox
  }

  handle(input: OutboxInput): OutboxOutput[] {
    this.outbox.handle(input, this.now)
    const outputs: OutboxOutput[] = []
    for (let output = this.outbox.poll(); output !== undefined; output = this.outbox.poll())
      outputs.push(output)
    return outputs
  }

  submit(id: number): OutboxOutput[] {
    return this.handle({ kind: 'submit', id, call: callOf(`call ${id}`) })
  }

  /** The chain as before, but for the changes. */
  head(changes: Partial<Head> = {}): OutboxOutput[] {
    this.#head = { ...this.#head, ...changes }
    return this.handle({ kind: 'head', head: this.#head })
  }

  looked(id: number, receipt: Receipt | undefined): OutboxOutput[] {
    return this.handle({ kind: 'looked', id, receipt })
  }
}

const receiptOf = (hash: string, blockNumber: number, success = true): Receipt => ({
  hash,
  blockNumber,
  success,
  fee: 1n,
})

const send = (id: number, hash: string): OutboxOutput => ({
  kind: 'send',
  id,
  transaction: { hash, raw: `signed ${hash}` },
})
const FIRST = 'call 1 #5 for 20/1'

it("sends with the chain's next nonce and the market's fees, once it knows them", () => {
  const driver = makeOutbox()
  expect(driver.submit(1)).toEqual([])
  expect(driver.head()).toEqual([send(1, FIRST)])
  expect(driver.head()).toEqual([])
})

it('lets one transaction at a time wait for a block', () => {
  const driver = makeOutbox()
  driver.submit(1)
  driver.submit(2)
  expect(driver.head()).toEqual([send(1, FIRST)])
  expect(driver.head()).toEqual([])
  const outputs = driver.head({ number: 101, nonce: 6 })
  expect(outputs).toEqual([{ kind: 'look', id: 1, hashes: [FIRST] }, send(2, 'call 2 #6 for 20/1')])
})

it('tells of a block at once, and of the end when it is deep enough', () => {
  const driver = makeOutbox()
  driver.submit(1)
  driver.head()
  driver.head({ number: 101, finalNumber: 99, nonce: 6 })
  const receipt = receiptOf(FIRST, 101)
  expect(driver.looked(1, receipt)).toEqual([{ kind: 'included', id: 1, receipt }])
  expect(driver.head({ number: 102, finalNumber: 100 })).toEqual([{ kind: 'look', id: 1, hashes: [FIRST] }])
  expect(driver.looked(1, receipt)).toEqual([])
  expect(driver.outbox.idle).toBe(false)
  driver.head({ number: 103, finalNumber: 101 })
  expect(driver.looked(1, receipt)).toEqual([{ kind: 'final', id: 1, receipt }])
  expect(driver.outbox.idle).toBe(true)
  expect(driver.head()).toEqual([])
})

it('tells of a transaction that reverted as of any other: it has ended', () => {
  const driver = makeOutbox()
  driver.submit(1)
  driver.head()
  driver.head({ number: 101, finalNumber: 101, nonce: 6, finalNonce: 6 })
  const receipt = receiptOf(FIRST, 101, false)
  expect(driver.looked(1, receipt).map(({ kind }) => kind)).toEqual(['included', 'final'])
})

describe('a transaction that gets into no block', () => {
  it('is sent again for an eighth more, or for what the market wants by now', () => {
    const driver = makeOutbox()
    driver.submit(1)
    driver.head()
    driver.now = RESEND_AFTER_MS - 1
    expect(driver.head()).toEqual([])
    driver.now = RESEND_AFTER_MS
    expect(driver.head()).toEqual([send(1, 'call 1 #5 for 22/1')])
    driver.now = 2 * RESEND_AFTER_MS
    expect(driver.head({ fees: { perGasMax: 60n * GWEI, tipPerGas: 3n * GWEI } })).toEqual([
      send(1, 'call 1 #5 for 60/3'),
    ])
  })

  it('is sent again at once where the node says that it is underpriced', () => {
    const driver = makeOutbox()
    driver.submit(1)
    driver.head()
    driver.handle({ kind: 'underpriced', id: 1 })
    expect(driver.head()).toEqual([send(1, 'call 1 #5 for 22/1')])
    expect(driver.head()).toEqual([])
  })

  it('never offers more than the limit, the first time and later', () => {
    const driver = makeOutbox(21n * GWEI)
    driver.submit(1)
    expect(driver.head({ fees: { perGasMax: 30n * GWEI, tipPerGas: 25n * GWEI } })).toEqual([
      send(1, 'call 1 #5 for 21/21'),
    ])
    driver.now = RESEND_AFTER_MS
    expect(driver.head()).toEqual([send(1, 'call 1 #5 for 21/21')])
  })

  it('is found whichever of its forms the chain took', () => {
    const driver = makeOutbox()
    driver.submit(1)
    driver.head()
    driver.now = RESEND_AFTER_MS
    driver.head()
    expect(driver.head({ number: 101, finalNumber: 101, nonce: 6 })).toEqual([
      { kind: 'look', id: 1, hashes: [FIRST, 'call 1 #5 for 22/1'] },
    ])
    const receipt = receiptOf(FIRST, 101)
    expect(driver.looked(1, receipt).at(-1)).toEqual({ kind: 'final', id: 1, receipt })
  })
})

describe('a reorganised chain', () => {
  it('brings a transaction back to waiting, and it is sent again in time', () => {
    const driver = makeOutbox()
    driver.submit(1)
    driver.head()
    driver.head({ number: 101, finalNumber: 90, nonce: 6 })
    driver.looked(1, receiptOf(FIRST, 101))
    driver.now = RESEND_AFTER_MS
    expect(driver.head({ number: 102, nonce: 5 })).toEqual([send(1, 'call 1 #5 for 22/1')])
    driver.head({ number: 103, nonce: 6 })
    const receipt = receiptOf('call 1 #5 for 22/1', 103)
    expect(driver.looked(1, receipt)).toEqual([{ kind: 'included', id: 1, receipt }])
  })

  it('brings several back in the order of their nonces, and lets new ones wait behind them', () => {
    const driver = makeOutbox()
    driver.submit(1)
    driver.submit(2)
    driver.head()
    driver.head({ number: 101, finalNumber: 90, nonce: 6 })
    driver.head({ number: 102, nonce: 7 })
    driver.submit(3)
    driver.now = RESEND_AFTER_MS
    expect(driver.head({ number: 101, nonce: 5 })).toEqual([
      send(1, 'call 1 #5 for 22/1'),
      send(2, 'call 2 #6 for 22/1'),
    ])
  })
})

describe('a nonce that somebody else used with our key', () => {
  it('displaces a transaction for good only when that is final, and seen more than once', () => {
    const driver = makeOutbox()
    driver.submit(1)
    driver.head()
    driver.head({ number: 101, finalNumber: 90, nonce: 6 })
    for (let look = 0; look < 5; look++) expect(driver.looked(1, undefined)).toEqual([])
    driver.head({ number: 120, finalNumber: 110, finalNonce: 6 })
    expect(driver.looked(1, undefined)).toEqual([])
    driver.head()
    expect(driver.looked(1, undefined)).toEqual([])
    driver.head()
    expect(driver.looked(1, undefined)).toEqual([{ kind: 'displaced', id: 1 }])
    expect(driver.outbox.idle).toBe(true)
  })

  it('does not displace what only a slow node has not seen yet', () => {
    const driver = makeOutbox()
    driver.submit(1)
    driver.head()
    driver.head({ number: 101, finalNumber: 101, nonce: 6, finalNonce: 6 })
    expect(driver.looked(1, undefined)).toEqual([])
    const receipt = receiptOf(FIRST, 101)
    expect(driver.looked(1, receipt).at(-1)).toEqual({ kind: 'final', id: 1, receipt })
  })
})

it('ignores answers about what has ended', () => {
  const driver = makeOutbox()
  expect(driver.looked(1, undefined)).toEqual([])
  expect(driver.handle({ kind: 'underpriced', id: 1 })).toEqual([])
})
