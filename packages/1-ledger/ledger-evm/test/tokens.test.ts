/** Channels of tokens, through the adapter. */
import { getAddress } from 'viem/utils'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connectEvm } from '@hourglass/ledger-evm/io'
import { Client, termsBetween } from '@hourglass/ledger/testing'
import { type Deployed, type Party, Rig, alice as aliceKey, bob as bobKey, hostile } from './rig.ts'

const KINDS = ['PlainToken', 'SilentToken', 'FeeToken', 'ListToken'] as const
type Kind = (typeof KINDS)[number]

let rig: Rig
let alice: Client
let bob: Client
const tokens = new Map<Kind, Deployed>()
const token = (kind: Kind): Deployed => tokens.get(kind)!

beforeAll(async () => {
  rig = await Rig.start()
  for (const kind of KINDS) {
    const deployed = await rig.deploy(hostile[kind]!)
    await deployed.send('mint', [aliceKey.address, 1000n])
    tokens.set(kind, deployed)
  }
  const addresses = (['PlainToken', 'SilentToken', 'FeeToken'] as const).map((kind) => token(kind).address)
  const connect = async ({ privateKey }: Party): Promise<Client> => {
    const place = { rpcUrl: rig.chain.url, contract: rig.payChan, tokens: addresses }
    return new Client(await connectEvm({ ...place, privateKey, confirmations: 1, pollMs: 10 }))
  }
  alice = await connect(aliceKey)
  bob = await connect(bobKey)
})
afterAll(async () => {
  await Promise.all([alice.ledger.close(), bob.ledger.close()])
  await rig.stop()
})

const termsIn = (kind: Kind) => termsBetween(alice.ledger, bob.ledger, { asset: token(kind).address })
const allowance = (kind: Kind): Promise<unknown> =>
  token(kind).read('allowance', [aliceKey.address, rig.payChan])

describe.each(['PlainToken', 'SilentToken'] as const)('a channel of the kind %s', (kind) => {
  it('is opened, funded, redeemed and closed, and leaves no allowance behind', async () => {
    const asset = token(kind).address
    for (const notation of [asset, getAddress(asset)]) expect(alice.ledger.assetScale(notation)).toBe(6)
    const [before, gained] = [await alice.ledger.balance(asset), await bob.ledger.balance(asset)]
    const { channelId } = await alice.succeed({ kind: 'open', terms: termsIn(kind), deposit: 100n })
    await alice.succeed({ kind: 'fund', channelId, deposit: 150n })
    const signature = alice.ledger.scheme.sign(channelId, 60n)
    await bob.succeed({ kind: 'redeem', channelId, amount: 60n, signature })
    await bob.succeed({ kind: 'close', channelId })
    expect((await alice.ledger.balance(asset)) - before).toBe(-60n)
    expect((await bob.ledger.balance(asset)) - gained).toBe(60n)
    expect(await allowance(kind)).toBe(0n)
  })

  it('is opened where an allowance was left behind that is too small', async () => {
    await token(kind).send('approve', [rig.payChan, 1n])
    await alice.succeed({ kind: 'open', terms: termsIn(kind), deposit: 10n })
    expect(await allowance(kind)).toBe(0n)
  })

  it('counts the fees of all its transactions', async () => {
    const before = await alice.ledger.balance('native')
    const { fee } = await alice.succeed({ kind: 'open', terms: termsIn(kind), deposit: 10n })
    expect((await alice.ledger.balance('native')) - before).toBe(-fee)
  })

  it('is not opened with more than there is', async () => {
    const end = await alice.perform({ kind: 'open', terms: termsIn(kind), deposit: 10_000n })
    expect(end).toMatchObject({ kind: 'failed', refusal: 'insufficient-funds' })
  })
})

it('channels of many tokens are opened at once, each with an allowance of its own', async () => {
  const deposits = [11n, 12n, 13n]
  const opened = deposits.map((deposit) =>
    alice.succeed({ kind: 'open', terms: termsIn('PlainToken'), deposit }),
  )
  const ends = await Promise.all(opened)
  expect(ends.map(({ channelId }) => alice.state(channelId)?.deposit)).toEqual(deposits)
})

it('a token that arrives short is refused, and in the words of the contract', async () => {
  const end = await alice.perform({ kind: 'open', terms: termsIn('FeeToken'), deposit: 500n })
  expect(end).toMatchObject({ kind: 'failed', refusal: 'refused', message: 'WrongAmount' })
})

it('a token that is not configured is refused before anything is sent', async () => {
  const before = await alice.ledger.balance('native')
  const end = await alice.perform({ kind: 'open', terms: termsIn('ListToken'), deposit: 5n })
  expect(end).toMatchObject({ kind: 'failed', refusal: 'refused' })
  expect(await alice.ledger.balance('native')).toBe(before)
})
