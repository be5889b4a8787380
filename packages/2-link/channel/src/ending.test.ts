/** What becomes of channels when a peering ends. */
import { describe, expect, it } from 'vitest'
import { channel, channels, claimFor, claimTo } from './testing/paid.ts'
import { DELAY_MS, MINTED, Peering } from './testing/peering.ts'

const END = { kind: 'end' } as const

/** Alice has paid Bob `total`, on a ledger whose fees are of no interest here. */
function paid(total: bigint, options: ConstructorParameters<typeof Peering>[0] = {}): Peering {
  const peering = new Peering(options)
  peering.ledger.fee = 0n
  peering.connect()
  peering.settle(peering.alice, total)
  peering.rest()
  return peering
}

function holdings({ ledger }: Peering): bigint[] {
  return [ledger.balanceOf('alice'), ledger.balanceOf('bob')]
}

describe('a peering that ends on both sides', () => {
  it('leaves all money with those whose it is, and nothing open', () => {
    const peering = paid(30n)
    peering.settle(peering.bob, 8n)
    peering.rest()
    for (const side of peering.sides()) peering.handle(side, END)
    peering.flow()
    expect(holdings(peering)).toEqual([MINTED - 22n, MINTED + 22n])
    expect(peering.ledger.channels().every(({ closed }) => closed)).toBe(true)
  })

  it('ends also over crashes, by the word of one life', () => {
    const peering = paid(30n)
    for (const side of peering.sides()) {
      peering.handle(side, END)
      side.journal.flush()
      peering.crash(side)
    }
    peering.rest()
    expect(holdings(peering)).toEqual([MINTED - 30n, MINTED + 30n])
  })
})

describe('a peering that its payee ends', () => {
  it('has all promised redeemed and the channel closed at once, though the payer is not there', () => {
    const peering = paid(30n, { redeemMin: 1000n })
    peering.disconnect()
    peering.handle(peering.bob, END)
    peering.flow()
    expect(channel(peering)).toMatchObject({ closed: true, claimed: 30n })
    expect(holdings(peering)).toEqual([MINTED - 30n, MINTED + 30n])
  })

  it('takes no claim any more', () => {
    const peering = paid(30n)
    peering.handle(peering.bob, END)
    peering.bob.journal.flush()
    expect(claimTo(peering, claimFor(peering, channel(peering).id, 40n)).refusal).toBe('closing')
    peering.settle(peering.alice, 50n)
    peering.rest()
    expect([peering.alice.sent, peering.bob.received]).toEqual([30n, 30n])
    expect(peering.ledger.balanceOf('bob')).toBe(MINTED + 30n)
  })

  it('does not close the channel while a claim on it is being made durable', () => {
    const peering = paid(30n)
    peering.handle(peering.bob, { kind: 'collect' })
    peering.flow()
    peering.settle(peering.alice, 50n)
    peering.alice.journal.flush()
    peering.deliver()
    peering.handle(peering.bob, END)
    peering.rest()
    expect(peering.bob.received).toBe(50n)
    expect(channel(peering)).toMatchObject({ closed: true, claimed: 50n })
  })

  it('tells the payer what the ledger has paid, though the answer to the claim was lost', () => {
    const peering = paid(30n)
    peering.settle(peering.alice, 50n)
    peering.alice.journal.flush()
    peering.deliver()
    peering.bob.journal.flush()
    peering.disconnect()
    peering.handle(peering.bob, END)
    peering.flow()
    expect(peering.alice.sent).toBe(50n)
  })

  it('tries again what the ledger refuses', () => {
    const peering = paid(30n)
    peering.ledger.fee = MINTED + 1n
    peering.handle(peering.bob, END)
    peering.rest(40_000)
    expect(channel(peering).closed).toBe(false)
    peering.ledger.fee = 0n
    peering.rest()
    expect(holdings(peering)).toEqual([MINTED - 30n, MINTED + 30n])
  })
})

describe('a peering that its payer ends', () => {
  it('gets back what was not claimed after the settle delay, in which the payee redeems', () => {
    const peering = paid(30n)
    peering.handle(peering.alice, END)
    peering.rest(DELAY_MS / 2)
    expect(channel(peering).closed).toBe(false)
    peering.settle(peering.alice, 90n)
    peering.rest()
    expect(channel(peering)).toMatchObject({ closed: true, claimed: 30n, deposit: 100n })
    expect(holdings(peering)).toEqual([MINTED - 30n, MINTED + 30n])
  })

  it('opens nothing more, whatever is ordered, also where it is told to end again', () => {
    const peering = new Peering()
    peering.connect()
    peering.rest()
    for (const order of [30n, 60n]) {
      peering.handle(peering.alice, END)
      peering.settle(peering.alice, order)
      peering.rest()
      peering.crash(peering.alice)
      peering.connect()
    }
    expect(channels(peering)).toEqual([])
    expect(peering.alice.sent).toBe(0n)
  })

  it('closes what was being opened when its process ended', () => {
    const peering = new Peering()
    const { alice, ledger } = peering
    ledger.fee = 0n
    peering.connect()
    peering.flow()
    peering.settle(alice, 30n)
    alice.journal.flush()
    expect(ledger.waiting, 'it is being opened').toBe(1)
    ledger.run()
    peering.crash(alice) // Before the ledger's answer came.
    peering.handle(alice, END)
    peering.rest()
    expect(channel(peering).closed).toBe(true)
    expect(holdings(peering)).toEqual([MINTED, MINTED])
  })
})
