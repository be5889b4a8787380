/** One connector between alice and bob, and what tests ask of it. */
import { createHash } from 'node:crypto'
import { type Address, type Prepare, decodeReject, encodeFulfill, encodePrepare } from '@hourglass/ilp'
import { nodeCrypto } from '@hourglass/sansio/io'
import { expect } from 'vitest'
import type { AccountOptions } from '../account.ts'
import { Connector } from '../connector.ts'
import type { ConnectorInput, ConnectorOptions, ConnectorOutput } from '../messages.ts'
import { toRatio } from '../ratio.ts'
import { encodeAnswers } from '@hourglass/books'

export const NOW = Date.UTC(2026, 0, 1)
export const FULFILLMENT = new Uint8Array(32).fill(7)
export const CONDITION = new Uint8Array(createHash('sha256').update(FULFILLMENT).digest())
export const NOTHING = new Uint8Array(0)

const usd = { code: 'USD', scale: 6 }
export const eth = { code: 'ETH', scale: 9 }

export function account(id: string, options: Partial<AccountOptions> = {}): AccountOptions {
  return { id, relation: 'peer', asset: usd, balanceMax: 1000n, ...options }
}

interface PeerOptions {
  /** Whether the peers answer what became of packets. Default: no. */
  readonly reconciling?: boolean
  /** Default: up. */
  readonly links?: 'up' | 'down'
}

/** A connector with accounts `alice` and `bob`, both up unless told otherwise, and a route `test.bob` to bob. */
export function connector(options: Partial<ConnectorOptions> & PeerOptions = {}): Connector {
  const accounts = options.accounts ?? [account('alice'), account('bob')]
  const machine = new Connector({
    address: 'test.node' as Address,
    crypto: nodeCrypto,
    routes: [{ prefix: 'test.bob', account: 'bob' }],
    rates: [{ from: 'USD', to: 'ETH', rate: toRatio('1/3000') }],
    ...options,
    accounts,
  })
  for (const { id } of options.links === 'down' ? [] : accounts) {
    const [greeting] = handle(machine, { kind: 'up', account: id })
    if (greeting?.kind !== 'request') throw new Error('a peer that comes up is asked whether it reconciles')
    answerGreeting(machine, greeting.id, options.reconciling ?? false)
  }
  return machine
}

function answerGreeting(machine: Connector, id: number, isReconciling: boolean): void {
  if (isReconciling) machine.handle({ kind: 'reply', id, body: encodeAnswers([]) }, NOW)
  else machine.handle({ kind: 'failed', id, failure: 'refused' }, NOW)
}

export function drain(machine: Connector): ConnectorOutput[] {
  const outputs: ConnectorOutput[] = []
  for (let output = machine.poll(); output !== undefined; output = machine.poll()) outputs.push(output)
  return outputs
}

/** All that comes out, commits among it: the test is the journal. */
export function step(machine: Connector, input: ConnectorInput, now: number = NOW): ConnectorOutput[] {
  machine.handle(input, now)
  return drain(machine)
}

/** What comes out where the journal is quick. */
export function handle(machine: Connector, input: ConnectorInput, now: number = NOW): ConnectorOutput[] {
  const outputs = step(machine, input, now)
  for (const output of outputs) {
    if (output.kind === 'commit') outputs.push(...step(machine, { kind: 'committed', id: output.id }, now))
  }
  return outputs.filter(({ kind }) => kind !== 'commit')
}

/** Sends a packet on; returns the id of the request that carries it. */
export function send(machine: Connector, packet: Prepare = prepare(), id = 1, from = 'alice'): number {
  const [output] = handle(machine, ask(packet, id, from))
  if (output?.kind !== 'request') throw new Error(`the packet did not go on: ${output?.kind ?? 'nothing'}`)
  return output.id
}

export function prepare(options: Partial<Prepare> = {}): Prepare {
  return {
    amount: 100n,
    expiresAt: NOW + 10_000,
    executionCondition: CONDITION,
    destination: 'test.bob.x~y' as Address,
    data: Uint8Array.of(1, 2, 3),
    ...options,
  }
}

export function ask(packet: Prepare | Uint8Array, id = 1, from = 'alice'): ConnectorInput {
  const body = packet instanceof Uint8Array ? packet : encodePrepare(packet)
  return { kind: 'request', account: from, id, protocol: 'ilp', body }
}

export const fulfillBody = encodeFulfill({ fulfillment: FULFILLMENT, data: Uint8Array.of(9) })

/** The only Reject among the outputs. */
export function rejectOf(outputs: readonly ConnectorOutput[]): ReturnType<typeof decodeReject> {
  expect(outputs).toHaveLength(1)
  const [reply] = outputs
  if (reply?.kind !== 'reply') throw new Error(`no reply: ${reply?.kind ?? 'nothing'}`)
  return decodeReject(reply.body)
}

export function balances(machine: Connector): Record<string, bigint> {
  return Object.fromEntries([...machine.accounts()].map(({ id, balance }) => [id, balance]))
}
