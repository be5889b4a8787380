/** What each call costs: a change of the contract shows as a change of this table. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Address, TransactionReceipt } from 'viem'
import {
  DAY_S,
  type Deployed,
  Rig,
  type SignedClaim,
  type Terms,
  alice,
  bob,
  hostile,
  hotKey,
} from './rig.ts'

let rig: Rig
let token: Deployed

beforeAll(async () => {
  rig = await Rig.start()
  token = await rig.deploy(hostile['PlainToken']!)
  await token.send('mint', [alice.address, 10n ** 12n])
  await token.send('mint', [bob.address, 1n])
  await token.send('approve', [rig.payChan, 10n ** 12n])
})
afterAll(() => rig.stop())

const UNIT = 1_000_000n

it('costs what the README says, in gas, for ether and for a token', async () => {
  expect({ ether: await measure(undefined), token: await measure(token.address) }).toMatchInlineSnapshot(`
    {
      "ether": {
        "claim": 44520,
        "claimBatch of 10": 184779,
        "claimInto": 47355,
        "close": 56051,
        "closeSigned": 61570,
        "open": 50696,
        "requestClose": 31211,
        "topUp": 32297,
        "withdraw": 39345,
      },
      "token": {
        "claim": 52722,
        "claimBatch of 10": 195074,
        "claimInto": 47835,
        "close": 57652,
        "closeSigned": 63160,
        "open": 91055,
        "requestClose": 31451,
        "topUp": 55568,
        "withdraw": 42765,
      },
    }
  `)
})

async function measure(tokenAddress: Address | undefined): Promise<Record<string, number>> {
  const asset = tokenAddress === undefined ? {} : { token: tokenAddress }
  const value = (amount: bigint): { value: bigint } => ({ value: tokenAddress === undefined ? amount : 0n })
  const table: Record<string, number> = {}
  const note = async (name: string, receipt: Promise<TransactionReceipt>): Promise<void> => {
    table[name] = Number((await receipt).gasUsed)
  }
  const opened = async (changes: Partial<Terms> = {}): Promise<Terms> => {
    const terms = rig.terms({ ...asset, ...changes })
    await rig.send('open', [terms, UNIT], value(UNIT))
    return terms
  }

  const terms = rig.terms(asset)
  await note('open', rig.send('open', [terms, UNIT], value(UNIT)))
  await note('topUp', rig.send('topUp', [terms, 2n * UNIT], value(UNIT)))
  await note('claim', rig.send('claim', [await rig.claim(terms, 10n)], { from: bob }))
  await note('close', rig.send('close', [await rig.claim(terms, 20n)], { from: bob }))

  const slow = await opened()
  await note('requestClose', rig.send('requestClose', [slow]))
  await rig.chain.advanceTime(DAY_S)
  await note('withdraw', rig.send('withdraw', [slow]))

  const agreed = await opened()
  const { r, vs } = await rig.claim(agreed, 5n, { by: bob, type: 'Close' })
  await note('closeSigned', rig.send('closeSigned', [await rig.claim(agreed, 5n), r, vs]))

  const [incoming, outgoing] = [
    await opened({ source: alice.address }),
    rig.terms({ ...asset, source: bob.address, destination: alice.address, signer: hotKey.address }),
  ]
  if (tokenAddress !== undefined) await token.send('approve', [rig.payChan, 1n], { from: bob })
  await rig.send('open', [outgoing, 1n], { from: bob, ...value(1n) })
  await note('claimInto', rig.send('claimInto', [await rig.claim(incoming, 5n), outgoing], { from: bob }))

  const many: SignedClaim[] = []
  while (many.length < 10) many.push(await rig.claim(await opened(), 5n))
  await note('claimBatch of 10', rig.send('claimBatch', [many], { from: bob }))
  return table
}
