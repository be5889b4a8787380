/** One account's line to a node that is there, or not, as the test says. */
import { expect, it } from 'vitest'
import type { LightningNode, NodeAddress, PaymentEnd } from '../node.ts'
import type { LightningEvent } from '../session.ts'
import { connectLightning } from './connect.ts'
import { LightningError } from './lightning-error.ts'

const HASH = new Uint8Array(32)
const PEER: NodeAddress = { nodeId: '02'.padEnd(66, '1'), host: 'old', port: 1 }

/** A node of which a test needs only some. */
function lineTo(node: Partial<LightningNode>): {
  perform: ReturnType<typeof connectLightning>['perform']
  told: Promise<LightningEvent>
} {
  const { promise: told, resolve } = Promise.withResolvers<LightningEvent>()
  const whole = { listen: () => () => undefined, channels: async () => Promise.resolve([]), ...node }
  const session = connectLightning({
    node: { walletSat: async () => Promise.resolve(0n), ...whole } as LightningNode,
    listener: (event) => {
      session.close()
      resolve(event)
    },
  })
  return { perform: (action) => session.perform(action), told }
}

it('tells a payment that the node refuses as unpaid: the money has not moved', async () => {
  const payInvoice = async (): Promise<PaymentEnd> =>
    Promise.reject(new LightningError('refused', 'this is no invoice'))
  const { perform, told } = lineTo({ payInvoice })
  perform({ kind: 'pay-invoice', hash: HASH, invoice: '' })
  expect(await told).toEqual({ kind: 'unpaid', hash: HASH, reason: 'this is no invoice' })
})

it('asks again for a payment whose end is unknown, until the node tells it', async () => {
  let calls = 0
  const payInvoice = async (): Promise<PaymentEnd> => {
    if (++calls === 1) throw new LightningError('unavailable', 'gone')
    return Promise.resolve({ kind: 'sent', preimage: HASH, feeMsat: 5n })
  }
  const { perform, told } = lineTo({ payInvoice })
  perform({ kind: 'pay-invoice', hash: HASH, invoice: '' })
  expect(await told).toEqual({ kind: 'paid', hash: HASH, feeMsat: 5n })
  expect(calls).toBe(2)
})

it('seeks a peer where it was said to be last, and reports once it is there', async () => {
  const tried: string[] = []
  const connect = async ({ host }: NodeAddress): Promise<void> => {
    tried.push(host)
    if (host === 'old') throw new LightningError('unavailable', 'nobody there')
    return Promise.resolve()
  }
  const { perform, told } = lineTo({ connect })
  perform({ kind: 'reach', peer: PEER })
  perform({ kind: 'reach', peer: { ...PEER, host: 'new' } })
  expect(await told).toMatchObject({ kind: 'liquidity', liquidity: { peerId: PEER.nodeId } })
  expect(tried).toEqual(['old', 'new'])
})
