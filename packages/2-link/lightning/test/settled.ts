/** The end of all channels: what they held is in wallets, went to miners, or is nobody's. */
import { expect } from 'vitest'
import { type Books, readBooks } from './books.ts'
import { FUNDS_SAT, type Party, QUIET_BLOCKS, type Rig } from './rig.ts'

/** What a commitment pays to whoever wants to pay for it (BOLT 3); nobody needs it once it is confirmed. */
const ANCHOR_SAT = 330n

/** Mines until nothing is on its way any more, and closes the books. */
export async function settled(rig: Rig, parties: readonly Party[]): Promise<Books> {
  const addresses = await Promise.all(parties.map(({ node }) => node.address()))
  const isIdle = async ({ node }: Party): Promise<boolean> => (await node.channels()).length === 0
  let books: Books
  do {
    // Delays are long, and nobody does anything meanwhile.
    const isQuiet = (await rig.chain.request<string[]>('getrawmempool')).length === 0
    await rig.mine(isQuiet ? QUIET_BLOCKS : 1)
    await rig.mineUntil(async () => (await Promise.all(parties.map(isIdle))).every(Boolean))
    books = await readBooks(rig.chain, addresses)
  } while (books.leftSat.some((sat) => sat !== ANCHOR_SAT))
  for (const [i, { node }] of parties.entries()) {
    await rig.mineUntil(async () => (await node.walletSat()) === books.heldSat.get(addresses[i]!))
  }
  return books
}

/** Nothing of what two wallets were given is lost. */
export function expectExact({ givenSat, feesSat, heldSat, leftSat }: Books): void {
  const held = [...heldSat.values()].reduce((total, sat) => total + sat, 0n)
  expect(held + feesSat + BigInt(leftSat.length) * ANCHOR_SAT).toBe(givenSat)
  expect(givenSat).toBe(2n * FUNDS_SAT)
}
