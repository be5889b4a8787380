/** One side of a Lightning peering, whose node, peer, disk and clock are the test's to play. Testing. */
import type { StoredRecord } from '@hourglass/journal'
import { MemoryJournal } from '@hourglass/journal'
import type { SettlementOutput } from '@hourglass/link'
import { nodeCrypto, nodeRng } from '@hourglass/sansio/io'
import { LightningSettlement } from '../lightning-settlement.ts'
import type { ChannelInfo, Keysend } from '../node.ts'
import type { LightningOptions } from '../options.ts'
import type { LightningAction, LightningEvent } from '../session.ts'
import { type Hello, encodeHello } from '../wire/hello.ts'
import { type Destination, destinationOf, encodeReference } from '../wire/reference.ts'

type Output = SettlementOutput<LightningAction>

export const PEER_ID: string = '02'.padEnd(66, '1')
const OWN_ID = '03'.padEnd(66, '2')
export const OPTIONS: LightningOptions = {
  account: 'bolt',
  accountScale: 11,
  network: 'regtest',
  address: { nodeId: OWN_ID, host: '127.0.0.1', port: 1 },
  secret: nodeCrypto.sha256(Uint8Array.of(1)),
  rng: nodeRng,
  crypto: nodeCrypto,
  channelSat: 1_000_000n,
  budgetSat: 2_000_000n,
}
export const PEER_HELLO: Hello = {
  network: 'regtest',
  address: { nodeId: PEER_ID, host: '127.0.0.1', port: 2 },
  destination: destinationOf('bolt', nodeCrypto.sha256(Uint8Array.of(2)), nodeCrypto),
}
export const OURS: Destination = destinationOf('bolt', OPTIONS.secret, nodeCrypto)

/** A settlement with its journal, whose commits are durable when a test says so. */
export class Bench {
  readonly settlement: LightningSettlement
  readonly journal: MemoryJournal
  readonly #outputs: Output[] = []
  #now = 0

  constructor(options: Partial<LightningOptions> = {}, journal: MemoryJournal = new MemoryJournal()) {
    this.journal = journal
    this.settlement = new LightningSettlement({ ...OPTIONS, ...options })
    this.settlement.restore(journal.load('') satisfies StoredRecord[])
    this.#drain()
  }

  push(input: Parameters<LightningSettlement['handle']>[0]): void {
    this.settlement.handle(input, this.#now)
    this.#drain()
  }

  ledger(event: LightningEvent): void {
    this.push({ kind: 'ledger', event })
  }

  /** The link is up, the peer has said hello, and channels carry as much. */
  greet(outboundMsat: bigint = 10n ** 12n): void {
    this.push({ kind: 'up' })
    this.push({ kind: 'request', id: 1, body: encodeHello(PEER_HELLO) })
    this.journal.flush()
    this.report(outboundMsat)
  }

  /** One channel to the peer. */
  report(outboundMsat: bigint, change: Partial<ChannelInfo> = {}): void {
    this.reportAll([channelWith(outboundMsat, change)])
  }

  reportAll(channels: readonly ChannelInfo[], walletSat: bigint = 10n ** 9n): void {
    this.ledger({ kind: 'liquidity', liquidity: { peerId: PEER_ID, channels, walletSat } })
  }

  pass(ms: number): void {
    this.#now += ms
    this.push({ kind: 'timeout' })
  }

  /** What it has put out since it was asked last. */
  take(): Output[] {
    return this.#outputs.splice(0)
  }

  /** Orders to the node since it was asked last. */
  actions(): LightningAction[] {
    return this.take().flatMap((output) => (output.kind === 'ledger' ? [output.action] : []))
  }

  payments(): Keysend[] {
    return this.actions().flatMap((action) => (action.kind === 'pay' ? [action.payment] : []))
  }

  traces(): string[] {
    return this.take().flatMap((output) => (output.kind === 'trace' ? [output.event] : []))
  }

  totals(kind: 'sent' | 'received'): bigint[] {
    return this.take().flatMap((output) => (output.kind === kind ? [output.total] : []))
  }

  #drain(): void {
    for (let output = this.settlement.poll(); output !== undefined; output = this.settlement.poll()) {
      this.#outputs.push(output)
      if (output.kind !== 'commit') continue
      const { id, records } = output
      this.journal.commit(records, () => this.push({ kind: 'committed', id }))
    }
  }
}

export function channelWith(outboundMsat: bigint, change: Partial<ChannelInfo> = {}): ChannelInfo {
  return {
    ...{ channelId: '00'.repeat(32), peerId: PEER_ID, capacitySat: 0n, outboundMsat, inboundMsat: 0n },
    ...{ pending: 0, isUsable: true, isClosing: false, isOurs: true },
    ...change,
  }
}

export function hashOf({ preimage }: Keysend): Uint8Array {
  return nodeCrypto.sha256(preimage)
}

export function receipt(index: number, amountMsat: bigint, destination: Destination = OURS): LightningEvent {
  const hash = nodeCrypto.sha256(Uint8Array.of(index))
  const reference = encodeReference(destination, { hash, amountMsat }, nodeCrypto)
  return { kind: 'receipt', index, hash, amountMsat, reference }
}
