/**
 * Sources that cheat: whatever channel on the XRP Ledger they open and whatever they sign, nothing is credited that the
 * ledger will not pay. Alice's account is in the hands of a program that keeps no rule; Bob's settlement is ours.
 */
import { encodeForSigningClaim } from 'ripple-binary-codec'
import { sign } from 'ripple-keypairs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ECDSA, Wallet, hashes } from 'xrpl'
import { DEPOSIT } from './xrpl-side.ts'
import { RULE_SETS, World, signedClaim } from './xrpl-world.ts'

const XRP = 1_000_000n
const TF_CLOSE = 0x0002_0000
const CLAIM = 'PaymentChannelClaim'

let world: World

/** A good channel, on which Bob holds a claim. */
async function claimed(amount: bigint): Promise<string> {
  const channelId = await world.openChannel()
  expect(await claim(channelId, amount)).toEqual({ refusal: undefined, amount })
  return channelId
}

async function claim(channelId: string, amount: bigint, key = world.alice.claimWallet): Promise<unknown> {
  return world.claim(signedClaim(channelId, amount, key))
}

/** Bob redeems all that he can. */
async function collect(): Promise<void> {
  const { length } = world.bob.tracesOf('channel.redeemed')
  world.bob.input({ kind: 'collect' })
  await world.until(() => world.bob.tracesOf('channel.redeemed').length > length)
}

const indexOf = (channelId: string): string => channelId.slice(0, 64).toUpperCase()

describe.each(RULE_SETS)('claims on the XRP Ledger, by the rules of %s', (_name, rules) => {
  beforeEach(async () => {
    world = await World.open(rules)
    await world.bob.start()
    world.bob.link(true)
  })
  afterEach(async () => world.close())

  it('that are stale add nothing: HTLA-08', async () => {
    const channelId = await claimed(3n * XRP)
    expect(await claim(channelId, 2n * XRP)).toEqual({ refusal: undefined, amount: 3n * XRP })
    await collect()
    await world.expectSums({ sent: 0n, received: 3n * XRP, paid: 3n * XRP, escrowed: 7n * XRP })
  })

  it('that are repeated are credited once, also after they were redeemed: HTLA-08', async () => {
    const channelId = await claimed(3n * XRP)
    await collect()
    for (let i = 0; i < 3; i++) {
      expect(await claim(channelId, 3n * XRP)).toEqual({ refusal: undefined, amount: 3n * XRP })
    }
    await world.expectSums({ sent: 0n, received: 3n * XRP, paid: 3n * XRP, escrowed: 7n * XRP })
  })

  it('that are signed for another channel of the same source are refused', async () => {
    const channelId = await claimed(3n * XRP)
    const other = await world.openChannel()
    const { signature } = signedClaim(other, 5n * XRP, world.alice.claimWallet)
    const answer = await world.claim({ channelId, amount: 5n * XRP, signature })
    expect(answer).toEqual({ refusal: 'bad-signature', amount: 3n * XRP })
    await world.expectSums({ sent: 0n, received: 3n * XRP, paid: 0n, escrowed: 2n * DEPOSIT })
  })

  it('above what the channel holds are refused, to the drop: HTLA-07', async () => {
    const channelId = await claimed(3n * XRP)
    expect(await claim(channelId, DEPOSIT + 1n)).toEqual({ refusal: 'over-deposit', amount: 3n * XRP })
    expect(await claim(channelId, DEPOSIT)).toEqual({ refusal: undefined, amount: DEPOSIT })
    await collect()
    await world.expectSums({ sent: 0n, received: DEPOSIT, paid: DEPOSIT })
  })

  it('signed by the account’s key are refused: the channel has a claim key of its own', async () => {
    const channelId = await claimed(3n * XRP)
    expect(world.alice.wallet.publicKey).not.toBe(world.alice.claimWallet.publicKey)
    const answer = await claim(channelId, 5n * XRP, world.alice.wallet)
    expect(answer).toEqual({ refusal: 'bad-signature', amount: 3n * XRP })
    await world.expectSums({ sent: 0n, received: 3n * XRP, paid: 0n, escrowed: DEPOSIT })
  })

  it('with signatures that are none are refused, whatever their length', async () => {
    const channelId = await claimed(3n * XRP)
    const { signature } = signedClaim(channelId, 5n * XRP, world.alice.claimWallet)
    const broken = [
      new Uint8Array(0),
      new Uint8Array(64),
      signature.subarray(0, 63),
      Uint8Array.of(...signature, 0),
      new Uint8Array(1000).fill(0x30),
      signature.map((octet, at) => (at === 40 ? octet ^ 1 : octet)),
    ]
    for (const bytes of broken) {
      const answer = await world.claim({ channelId, amount: 5n * XRP, signature: bytes })
      expect(answer).toEqual({ refusal: 'bad-signature', amount: 3n * XRP })
    }
    await world.expectSums({ sent: 0n, received: 3n * XRP, paid: 0n, escrowed: DEPOSIT })
  })

  it('of a secp256k1 claim key count, and the ledger pays them', async () => {
    const key = Wallet.generate(ECDSA.secp256k1)
    const channelId = await world.openChannel({ PublicKey: key.publicKey })
    expect(await claim(channelId, 4n * XRP)).toEqual({ refusal: 'bad-signature', amount: 0n })
    expect(await claim(channelId, 4n * XRP, key)).toEqual({ refusal: undefined, amount: 4n * XRP })
    await collect()
    await world.expectSums({ sent: 0n, received: 4n * XRP, paid: 4n * XRP, escrowed: 6n * XRP })
  })

  it('signed over something else than a claim are refused: a transaction, a proof of ownership', async () => {
    const channelId = await claimed(3n * XRP)
    const { privateKey } = world.alice.claimWallet
    const real = encodeForSigningClaim({ channel: indexOf(channelId), amount: (5n * XRP).toString() })
    for (const message of [real.slice(8), real.replace(/^434C4D00/, '53545800'), `${real}00`]) {
      const signature = Buffer.from(sign(message, privateKey), 'hex')
      const answer = await world.claim({ channelId, amount: 5n * XRP, signature })
      expect(answer).toEqual({ refusal: 'bad-signature', amount: 3n * XRP })
    }
    await world.expectSums({ sent: 0n, received: 3n * XRP, paid: 0n, escrowed: DEPOSIT })
  })

  it.each([
    ['too short to redeem in: HTLA-11', 59],
    ['of 4294967295 seconds, which overflows', 4_294_967_295],
    ['of more than a year', 365 * 86_400 + 1],
  ])(
    'on a channel with a settle delay %s are refused, and its close costs us nothing',
    async (_what, delay) => {
      const channelId = await world.openChannel({ SettleDelay: delay })
      expect(await claim(channelId, 5n * XRP)).toEqual({ refusal: 'bad-terms', amount: 0n })
      await world.land(world.alice.wallet, {
        TransactionType: CLAIM,
        Channel: indexOf(channelId),
        Flags: TF_CLOSE,
      })
      expect(await claim(channelId, 5n * XRP)).toEqual({ refusal: 'bad-terms', amount: 0n })
      expect(world.bob.tracesOf('channel.redeeming')).toEqual([])
      await world.expectSums({ sent: 0n, received: 0n, paid: 0n, escrowed: DEPOSIT })
    },
  )

  it('on a channel that ends by itself (CancelAfter), however late, are refused: HTLA-11', async () => {
    const channelId = await world.openChannel({ CancelAfter: world.server.closeTime() + 30 * 86_400 })
    expect(await claim(channelId, 5n * XRP)).toEqual({ refusal: 'closing', amount: 0n })
    await world.expectSums({ sent: 0n, received: 0n, paid: 0n, escrowed: DEPOSIT })
  })

  it('on a channel whose Expiration is set before the first one are refused: HTLA-11', async () => {
    const channelId = await world.openChannel()
    const close = { TransactionType: CLAIM, Channel: indexOf(channelId), Flags: TF_CLOSE }
    expect((await world.land(world.alice.wallet, close)).result).toBe('tesSUCCESS')
    expect(await claim(channelId, 5n * XRP)).toEqual({ refusal: 'closing', amount: 0n })
    await world.expectSums({ sent: 0n, received: 0n, paid: 0n, escrowed: DEPOSIT })
  })

  it('on a channel to somebody else are refused', async () => {
    const channelId = await world.openChannel({ Destination: world.mallory.classicAddress })
    expect(await claim(channelId, 5n * XRP)).toEqual({ refusal: 'bad-terms', amount: 0n })
    await world.expectSums({ sent: 0n, received: 0n, paid: 0n, escrowed: DEPOSIT })
  })

  it('on a channel for another account of ours, or of a program that knows no references, are refused', async () => {
    for (const change of [{ reference: 'ab'.repeat(32) }, { Memos: undefined }]) {
      const channelId = await world.openChannel(change)
      expect(await claim(channelId, 5n * XRP)).toEqual({ refusal: 'bad-terms', amount: 0n })
    }
    await world.expectSums({ sent: 0n, received: 0n, paid: 0n, escrowed: 2n * DEPOSIT })
  })

  it('on a channel under a second name are refused, so that nothing is credited twice: SEC-34', async () => {
    const [one, two] = [await claimed(3n * XRP), await claimed(XRP)]
    const names = [
      one.toUpperCase(),
      one.slice(0, 64) + two.slice(64), // One's entry, the other's opening.
      one.slice(0, 64) + 'f'.repeat(64),
      one.slice(0, 64),
    ]
    for (const name of names) {
      const { signature } = signedClaim(one, 3n * XRP, world.alice.claimWallet)
      const answer = await world.claim({ channelId: name, amount: 3n * XRP, signature })
      expect(answer).toEqual({ refusal: 'unknown-channel', amount: 0n })
    }
    await world.expectSums({ sent: 0n, received: 4n * XRP, paid: 0n, escrowed: 2n * DEPOSIT })
  })

  it('on a channel that is not validated yet wait for it', async () => {
    const { alice, bob } = world
    const reference = await world.reference()
    const { Sequence } = await world.account(alice.wallet)
    const opening = await world.submit(alice.wallet, world.opening(reference))
    expect(opening.result).toBe('tesSUCCESS')
    const { classicAddress: source } = alice.wallet
    const index = hashes.hashPaymentChannel(source, bob.wallet.classicAddress, Sequence)
    const channelId = (index + opening.hash).toLowerCase()
    const answer = claim(channelId, 3n * XRP)
    await world.settleDown()
    expect(bob.received, 'it is in the open ledger alone').toBe(0n)
    expect(await answer).toEqual({ refusal: undefined, amount: 3n * XRP })
    await collect()
    await world.expectSums({ sent: 0n, received: 3n * XRP, paid: 3n * XRP, escrowed: 7n * XRP })
  })

  it('on a channel whose opening was accepted by a server and never came are refused', async () => {
    const { alice, bob } = world
    const reference = await world.reference()
    const { Sequence } = await world.account(alice.wallet)
    world.server.faults.discardSubmits(1)
    const opening = await world.submit(alice.wallet, world.opening(reference))
    expect(opening.result).toBe('tesSUCCESS')
    const { classicAddress: source } = alice.wallet
    const index = hashes.hashPaymentChannel(source, bob.wallet.classicAddress, Sequence)
    const answer = await claim((index + opening.hash).toLowerCase(), 3n * XRP)
    expect(answer).toEqual({ refusal: 'unknown-channel', amount: 0n })
    await world.expectSums({ sent: 0n, received: 0n, paid: 0n })
  })

  it('count from what we hold, when the source pays on the ledger without a signature', async () => {
    const channelId = await claimed(3n * XRP)
    const push = { TransactionType: CLAIM, Channel: indexOf(channelId), Balance: String(5n * XRP) }
    expect((await world.land(world.alice.wallet, push)).result).toBe('tesSUCCESS')
    expect(world.bob.received, 'nobody ordered that').toBe(3n * XRP)
    expect(await claim(channelId, 6n * XRP)).toEqual({ refusal: undefined, amount: 6n * XRP })
    await collect()
    await world.expectSums({ sent: 0n, received: 6n * XRP, paid: 6n * XRP, escrowed: 4n * XRP })
  })

  it('that we hold lose nothing when the source pays out all and closes at once', async () => {
    const channelId = await claimed(3n * XRP)
    const drain = {
      TransactionType: CLAIM,
      Channel: indexOf(channelId),
      Balance: String(DEPOSIT),
      Flags: TF_CLOSE,
    }
    expect((await world.land(world.alice.wallet, drain)).result).toBe('tesSUCCESS')
    await world.until(() => world.bob.tracesOf('channel.closed').length === 1)
    const closed = { channelId, amount: 3n * XRP, redeemed: DEPOSIT, lost: 0n }
    expect(world.bob.tracesOf('channel.closed')[0]).toMatchObject(closed)
    await world.expectSums({ sent: 0n, received: 3n * XRP, paid: DEPOSIT })
  })

  it('are redeemed by a destination that refuses deposits, though nobody may push to it', async () => {
    const asfDepositAuth = 9
    const set = { TransactionType: 'AccountSet', SetFlag: asfDepositAuth }
    expect((await world.land(world.bob.wallet, set)).result).toBe('tesSUCCESS')
    const channelId = await claimed(3n * XRP)
    const push = { TransactionType: CLAIM, Channel: indexOf(channelId), Balance: String(XRP) }
    expect((await world.land(world.alice.wallet, push)).result).toBe('tecNO_PERMISSION')
    await collect()
    await world.expectSums({ sent: 0n, received: 3n * XRP, paid: 3n * XRP, escrowed: 7n * XRP })
  })

  it('are kept for eight open channels of one source, and no more', async () => {
    for (let i = 0; i < 8; i++) await claimed(XRP)
    expect(await claim(await world.openChannel(), XRP)).toEqual({ refusal: 'busy', amount: 0n })
    await world.expectSums({ sent: 0n, received: 8n * XRP, paid: 0n, escrowed: 9n * DEPOSIT })
  })
})
