import { type Address, decodeReject, encodeFulfill, encodePrepare } from '@hourglass/ilp'
import type { LinkInput, LinkOutput, SettlementInput, SettlementOutput } from '@hourglass/link'
import { type Instant, type Machine, Queue } from '@hourglass/sansio'
import { nodeCrypto } from '@hourglass/sansio/io'
import { describe, expect, it } from 'vitest'
import { Node, type NodeOutput } from './node.ts'
import { CONDITION, FULFILLMENT, NOTHING, NOW, account } from './testing/one-connector.ts'

/** A link whose wire is its own inputs and outputs: what the peer says comes in as it is. */
class GlassLink implements Machine<LinkInput<LinkOutput<never>>, LinkOutput<LinkInput<never>>> {
  readonly outputs = new Queue<LinkOutput<LinkInput<never>>>()
  timeout: Instant | undefined

  handle(input: LinkInput<LinkOutput<never>>): void {
    if (input.kind === 'wire') this.outputs.push(input.wire)
    else if (input.kind === 'timeout') this.timeout = undefined
    else this.outputs.push({ kind: 'wire', wire: input })
  }

  poll(): LinkOutput<LinkInput<never>> | undefined {
    return this.outputs.shift()
  }

  nextTimeout(): Instant | undefined {
    return this.timeout
  }
}

/** A settlement that notes what it gets and says what it is told on its ledger. */
class GlassSettlement implements Machine<
  SettlementInput<SettlementOutput<string>>,
  SettlementOutput<string>
> {
  readonly protocol = 'glass'
  readonly inputs: SettlementInput<SettlementOutput<string>>[] = []
  readonly outputs = new Queue<SettlementOutput<string>>()

  handle(input: SettlementInput<SettlementOutput<string>>): void {
    if (input.kind === 'ledger') this.outputs.push(input.event)
    else this.inputs.push(input)
  }

  poll(): SettlementOutput<string> | undefined {
    return this.outputs.shift()
  }

  nextTimeout(): undefined {
    return undefined
  }
}

function setUp(): {
  node: Node
  bob: GlassSettlement
  links: Record<string, GlassLink>
  say: (account: string, wire: LinkOutput<never>) => NodeOutput[]
} {
  const bob = new GlassSettlement()
  const links = { alice: new GlassLink(), bob: new GlassLink() }
  const node = new Node({
    address: 'test.node' as Address,
    crypto: nodeCrypto,
    accounts: [account('alice'), account('bob', { settleThreshold: 50n })],
    routes: [{ prefix: 'test.bob', account: 'bob' }],
    rates: [],
    stacks: [
      { id: 'alice', link: links.alice },
      { id: 'bob', link: links.bob, settlement: bob },
    ],
  })
  const say = (from: string, wire: LinkOutput<never>): NodeOutput[] => {
    node.handle({ kind: 'wire', account: from, wire }, NOW)
    return drain(node)
  }
  for (const id of ['alice', 'bob']) say(id, { kind: 'up' })
  return { node, bob, links, say }
}

function drain(node: Node): NodeOutput[] {
  const outputs: NodeOutput[] = []
  for (let output = node.poll(); output !== undefined; output = node.poll()) outputs.push(output)
  return outputs
}

const prepareBody = encodePrepare({
  amount: 100n,
  expiresAt: NOW + 10_000,
  executionCondition: CONDITION,
  destination: 'test.bob' as Address,
  data: NOTHING,
})

/** What comes out where the journal is quick. */
function commitAll(node: Node, outputs: readonly NodeOutput[]): NodeOutput[] {
  const all = [...outputs]
  for (const output of all) {
    if (output.kind !== 'commit') continue
    node.handle({ kind: 'committed', id: output.id }, NOW)
    all.push(...drain(node))
  }
  return all
}

/** The wire outputs to `account`. */
function wiresTo(outputs: readonly NodeOutput[], to: string): LinkInput<never>[] {
  return outputs.flatMap((output) =>
    output.kind === 'wire' && output.account === to ? [output.wire as LinkInput<never>] : [],
  )
}

describe('node', () => {
  it('carries a packet from link to link and settles what it makes due, after the commit: CONN-13', () => {
    const { node, bob, say } = setUp()
    const held = say('alice', { kind: 'request', id: 3, protocol: 'ilp', body: prepareBody })
    expect(wiresTo(held, 'bob')).toEqual([])
    const [request] = wiresTo(commitAll(node, held), 'bob')
    if (request?.kind !== 'request') throw new Error('no request went on')
    const body = encodeFulfill({ fulfillment: FULFILLMENT, data: NOTHING })
    const outputs = say('bob', { kind: 'reply', id: request.id, body })
    const commit = outputs.find(({ kind }) => kind === 'commit') as { id: number }
    expect(wiresTo(outputs, 'alice')).toEqual([])
    node.handle({ kind: 'committed', id: commit.id }, NOW)
    expect(wiresTo(drain(node), 'alice')).toEqual([{ kind: 'reply', account: 'alice', id: 3, body }])
    expect(bob.inputs).toEqual([{ kind: 'up' }, { kind: 'settle', total: 100n }])
  })

  it('keeps the answers to connector and settlement apart, though both count from 1', () => {
    const { node, bob, say } = setUp()
    say('alice', { kind: 'request', id: 1, protocol: 'ilp', body: prepareBody })
    const event: SettlementOutput<string> = { kind: 'request', id: 1, body: NOTHING, deadline: NOW + 1 }
    node.handle({ kind: 'ledger', account: 'bob', event }, NOW)
    const [own] = wiresTo(drain(node), 'bob')
    expect(own).toMatchObject({ kind: 'request', protocol: 'glass' })
    say('bob', { kind: 'reply', id: (own as { id: number }).id, body: Uint8Array.of(5) })
    expect(bob.inputs.at(-1)).toEqual({ kind: 'reply', id: 1, body: Uint8Array.of(5) })
    expect([...node.connector.accounts()].map((a) => a.heldIncoming)).toEqual([100n, 0n])
  })

  it("gives a settlement its peer's messages and no other account's", () => {
    const { bob, say } = setUp()
    say('bob', { kind: 'request', id: 8, protocol: 'glass', body: NOTHING })
    expect(bob.inputs.at(-1)).toEqual({ kind: 'request', id: 8, body: NOTHING })
    const [refusal] = wiresTo(
      say('alice', { kind: 'request', id: 9, protocol: 'glass', body: NOTHING }),
      'alice',
    )
    expect(refusal).toMatchObject({ kind: 'refuse', id: 9 })
  })

  it('books what a settlement received, and hands each commit back to the machine that asked for it', () => {
    const { node, bob } = setUp()
    const tell = (event: SettlementOutput<string>): NodeOutput[] => {
      node.handle({ kind: 'ledger', account: 'bob', event }, NOW)
      return drain(node)
    }
    const [own] = tell({ kind: 'commit', id: 1, records: [] })
    const received = tell({ kind: 'received', total: 70n, reference: 'claim 1' })
    const booked = received.find(({ kind }) => kind === 'commit')
    node.handle({ kind: 'committed', id: (booked as { id: number }).id }, NOW)
    expect(bob.inputs).toEqual([{ kind: 'up' }])
    node.handle({ kind: 'committed', id: (own as { id: number }).id }, NOW)
    expect(bob.inputs.at(-1)).toEqual({ kind: 'committed', id: 1 })
    expect([...node.connector.accounts()].map(({ balance }) => balance)).toEqual([0n, -70n])
  })

  it('wakes only the machines whose time has come, and knows when to wake next', () => {
    const { node, links, say } = setUp()
    links['alice']!.timeout = NOW + 10
    links['bob']!.timeout = NOW + 20
    for (const id of ['alice', 'bob']) say(id, { kind: 'up' })
    expect(node.nextTimeout()).toBe(NOW + 10)
    node.handle({ kind: 'timeout' }, NOW + 10)
    expect([links['alice']!.timeout, links['bob']!.timeout]).toEqual([undefined, NOW + 20])
    expect(node.nextTimeout()).toBe(NOW + 20)
  })

  it('answers T01 while the next link is down', () => {
    const { say } = setUp()
    say('bob', { kind: 'down' })
    const [reply] = wiresTo(
      say('alice', { kind: 'request', id: 1, protocol: 'ilp', body: prepareBody }),
      'alice',
    )
    if (reply?.kind !== 'reply') throw new Error('no reply')
    expect(decodeReject(reply.body).code).toBe('T01')
  })
})
