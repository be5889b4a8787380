/**
 * Our payments with the npm peers in processes of their own, in both directions: through two connectors of ours, and
 * through ilp-connector.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { toAddress } from '@hourglass/ilp'
import type { PaymentResult, PaymentState } from '@hourglass/pay'
import { ReceiptVerifier } from '@hourglass/receipt'
import { nodeCrypto, nodeRng, now } from '@hourglass/sansio/io'
import type { Credentials } from '@hourglass/stream'
import { type Wallet, openWallet } from '@hourglass/wallet'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type * as peers from './npm-peers/orders.ts'
import { NpmConnector, NpmEndpoints } from './npm-peers/programs.ts'
import { type Child, TwoConnectors } from './two-connectors.ts'

/** Two payers, ours and theirs, who hold dollars (scale 2); three payees with euros (scale 4). */
interface Middle {
  link(name: Child): string
  wallet(name: Child): Promise<Wallet>
  stop(): Promise<void>
}

async function ourConnectors(): Promise<Middle> {
  return TwoConnectors.start()
}

async function ilpConnector(): Promise<Middle> {
  const directory = mkdtempSync(join(tmpdir(), 'hourglass-npm-'))
  const payers = ['alice', 'ann'].map((name) => `${name}:USD:2:250`)
  const payees = ['bob', 'sue', 'rex'].map((name) => `${name}:EUR:4:1000000`)
  const connector = await NpmConnector.start([...payers, ...payees])
  return {
    link: (name) => `btp+ws://${name}:${name}-token@127.0.0.1:${connector.port(name)}`,
    wallet: async (name) =>
      openWallet({
        url: `ws://127.0.0.1:${connector.port(name)}/`,
        username: name,
        token: `${name}-token`,
        state: join(directory, name),
      }),
    async stop() {
      await connector.stop()
      rmSync(directory, { recursive: true })
    },
  }
}

describe.each([
  { title: 'two connectors of ours', start: ourConnectors, rate: 92n, root: 'test.b' },
  { title: 'ilp-connector 23.0.2', start: ilpConnector, rate: 100n, root: 'test.npm' },
])('through $title', ({ start, rate, root }) => {
  let middle: Middle
  let alice: Wallet
  let bob: Wallet
  let theirs: NpmEndpoints
  let received = 0n
  let ours: () => Credentials

  beforeAll(async () => {
    theirs = new NpmEndpoints()
    middle = await start()
    // ilp-connector forwards nothing before all its children are there.
    const opening = [
      theirs.order({ kind: 'open-client', link: middle.link('ann') }),
      theirs.order({ kind: 'open-server', link: middle.link('sue') }),
      theirs.order({ kind: 'open-receiver', link: middle.link('rex'), address: `${root}.rex` }),
    ]
    ;[alice, bob] = await Promise.all([middle.wallet('alice'), middle.wallet('bob')])
    await Promise.all(opening)
    const receiver = bob.receive((event) => {
      if (event.kind === 'money') received += event.amount
    })
    ours = () => receiver.credentials()
  })

  afterAll(async () => {
    await theirs.stop()
    await Promise.all([alice.close(), bob.close()])
    await middle.stop()
  })

  const toCredentials = ({ destination, sharedSecret }: peers.Credentials): Credentials => ({
    destination: toAddress(destination),
    sharedSecret,
  })

  const pay = async (credentials: Credentials, send: bigint): Promise<PaymentResult> => {
    const payment = alice.payment({ credentials, payment: { amount: { send } } })
    expect(await payment.quote()).toMatchObject({
      deliver: send * rate,
      packetAmountMax: 250n,
      asset: { assetCode: 'EUR', assetScale: 4 },
    })
    return payment.pay()
  }

  it('we pay ilp-protocol-stream, whose receipts our verifier credits: RCPT-15', async () => {
    const verifier = new ReceiptVerifier({ crypto: nodeCrypto, rng: nodeRng, seed: nodeRng.bytes(32) })
    const receipt = verifier.issue(now())
    const before = await theirs.order({ kind: 'received' })
    const credentials = toCredentials(await theirs.order({ kind: 'server-credentials', receipt }))
    const result = await pay(credentials, 1000n)
    const delivered = 1000n * rate
    expect(result).toMatchObject({ end: { kind: 'complete' }, sent: 1000n, delivered, uncertain: 0n })
    expect(verifier.verify(result.receipt!, now())).toMatchObject({ kind: 'credit', total: delivered })
    expect((await theirs.order({ kind: 'received' })).server - before.server).toBe(delivered)
  })

  it('we pay @interledger/stream-receiver', async () => {
    const before = await theirs.order({ kind: 'received' })
    const result = await pay(toCredentials(await theirs.order({ kind: 'receiver-credentials' })), 1000n)
    const delivered = 1000n * rate
    expect(result).toMatchObject({ end: { kind: 'complete' }, sent: 1000n, delivered, uncertain: 0n })
    expect((await theirs.order({ kind: 'received' })).receiver - before.receiver).toBe(delivered)
  })

  it('we go on with what a process left at ilp-protocol-stream, and pay nothing twice', async () => {
    const before = await theirs.order({ kind: 'received' })
    const fresh = async (): Promise<Credentials> =>
      toCredentials(await theirs.order({ kind: 'server-credentials' }))
    const arrived = Promise.withResolvers<undefined>()
    let state: PaymentState | undefined
    const left = alice.payment({
      credentials: await fresh(),
      payment: { amount: { send: 6000n } },
      // The second state never becomes durable: nothing leaves after that.
      async save(next) {
        if (state !== undefined) return new Promise(() => undefined)
        state = next
        return undefined
      },
    })
    await left.quote()
    void left.pay({
      progress({ sent }) {
        if (sent === state?.connection.uncertain) arrived.resolve(undefined)
      },
    })
    await arrived.promise
    const payment = alice.payment({ credentials: await fresh(), payment: { state: state! } })
    await payment.quote()
    const delivered = 6000n * rate
    expect(await payment.pay()).toMatchObject({
      end: { kind: 'complete' },
      sent: 6000n,
      delivered,
      uncertain: 0n,
    })
    expect((await theirs.order({ kind: 'received' })).server - before.server).toBe(delivered)
  })

  it.each(['send-by-stream', 'send-by-pay'] as const)('they pay us: %s', async (kind) => {
    const before = received
    const delivered = await theirs.order({ kind, credentials: ours(), amount: 1000n })
    expect(delivered).toBe(1000n * rate)
    expect(received - before).toBe(delivered)
  })
})
