/**
 * The books of a line of connectors, once it has come to rest, against what its customers know and what the chain
 * holds: to the last unit.
 */
import { DEV_ACCOUNTS, type DevChain } from '@hourglass/evm-devchain'
import type { ChannelState, Ledger } from '@hourglass/ledger'
import { PAY_CHAN_ADDRESS } from '@hourglass/ledger-evm/io'
import { expect, vi } from 'vitest'
import type { AccountReport } from '../src/reports.ts'
import { DEPOSIT, type Line, MEMBERS, type MemberName, PEERING_SCALE } from './line.ts'
import type { Peer } from './peer.ts'

/** Until all that can expire has, and the connectors have asked once more after that. */
const PATIENCE_MS = 180_000
const LOOK_EVERY_MS = 200
/** What each of the accounts has on a fresh chain. */
const FUNDS = 10_000n * 10n ** 18n
const WEI_PER_UNIT = 10n ** BigInt(18 - PEERING_SCALE)

/** Who may owe whom. */
const PAIRS: readonly (readonly [payer: MemberName, payee: MemberName])[] = [
  ['acme', 'bolt'],
  ['bolt', 'acme'],
  ['bolt', 'cord'],
  ['cord', 'bolt'],
]

type Reports = ReadonlyMap<MemberName, ReadonlyMap<string, AccountReport>>

/** Waits until nothing is held, and all that was ordered to be settled is sent, received and redeemed. */
export async function comeToRest(line: Line, ledger: Ledger): Promise<void> {
  await until('a packet is still held', async () => {
    const open = await Promise.all(MEMBERS.map(async (name) => line.member(name).program.holds()))
    return open.flat().length === 0
  })
  await until('a settlement is still under way', async () => isSettled(line))
  for (const [payer, payee] of PAIRS) await line.member(payee).program.order(payer, 'collect')
  await until('a claim is not redeemed, or a channel not filled up', async () => {
    const reports = await readAll(line)
    for (const [payer, payee] of PAIRS) {
      const wei = amountOf(reports, payee, payer, 'received') * WEI_PER_UNIT
      for (const { claimed, deposit } of await channelsOf(line, ledger, payer, payee)) {
        if (claimed !== wei || deposit - claimed < DEPOSIT / 2n) return false
      }
    }
    return true
  })
}

/**
 * Checks the books of all; nothing may move meanwhile. On a slow machine a member may be away for longer than packets
 * live: what it posted and could not show in time it has written off, that and no more.
 */
export async function checkBooks(line: Line): Promise<void> {
  const reports = await readAll(line)
  for (const name of MEMBERS) {
    for (const { sum } of await line.member(name).program.assets()) {
      expect.soft({ name, sum }).toEqual({ name, sum: '0' })
    }
  }
  for (const [payer, payee] of PAIRS) checkMirror(reports, payer, payee)
  const { alice, bob } = line
  const isAnyLate = checkConditions(alice, bob) + checkConditions(bob, alice) > 0
  const writtenOff = PAIRS.map(([payer, payee]) => amountOf(reports, payee, payer, 'writtenOff'))
  expect.soft(writtenOff.some((amount) => amount > 0n)).toBe(isAnyLate)
  checkCustomer(reports.get('acme')!.get('alice')!, alice)
  checkCustomer(reports.get('cord')!.get('bob')!, bob)
}

/** Nothing is paid that the payee did not fulfill. Returns how many fulfillments came too late to be paid. */
function checkConditions(payer: Peer, payee: Peer): number {
  const { paid } = payer.books.conditions
  const { earned } = payee.books.conditions
  expect.soft([...paid].filter((condition) => !earned.has(condition))).toEqual([])
  return earned.size - paid.size
}

/** Each side's view of a pair is the other side's, turned around. */
function checkMirror(reports: Reports, payer: MemberName, payee: MemberName): void {
  const ours = reports.get(payer)!.get(payee)!
  const theirs = reports.get(payee)!.get(payer)!
  const nothing = { heldIncoming: '0', heldOutgoing: '0', settling: '0' }
  expect.soft(ours).toMatchObject(nothing)
  expect.soft(theirs).toMatchObject(nothing)
  expect
    .soft({
      incoming: BigInt(ours.incoming) - BigInt(ours.writtenOff),
      outgoing: BigInt(ours.outgoing),
      settled: ours.settled,
      received: ours.received,
      balance: BigInt(ours.balance),
    })
    .toEqual({
      incoming: BigInt(theirs.outgoing),
      outgoing: BigInt(theirs.incoming) - BigInt(theirs.writtenOff),
      settled: theirs.received,
      received: theirs.settled,
      balance: -BigInt(theirs.balance),
    })
}

function checkCustomer(report: AccountReport, { books }: Line['alice']): void {
  expect.soft(report).toMatchObject({
    incoming: String(books.paid),
    outgoing: String(books.earned),
    balance: String(books.paid - books.earned),
    heldIncoming: '0',
    heldOutgoing: '0',
    writtenOff: '0',
  })
}

/**
 * The chain holds exactly what the books say: one channel from each payer to its payee, which has paid what was
 * settled, and every wei of the accounts is a fee, an escrow or such a payment.
 */
export async function checkChain(line: Line, ledger: Ledger, chain: DevChain): Promise<void> {
  const fees = await feesOf(chain)
  const expected = new Map<string, bigint>([[PAY_CHAN_ADDRESS, 0n]])
  for (const { address } of line.members.values()) expected.set(address, FUNDS - (fees.get(address) ?? 0n))
  const move = (address: string, wei: bigint): void => {
    expected.set(address, expected.get(address)! + wei)
  }
  const reports = await readAll(line)
  for (const [payer, payee] of PAIRS) {
    const settled = amountOf(reports, payer, payee, 'settled')
    const channels = await channelsOf(line, ledger, payer, payee)
    expect(channels).toHaveLength(settled > 0n ? 1 : 0)
    const { deposit, claimed } = channels[0] ?? { deposit: 0n, claimed: 0n }
    expect(claimed).toBe(settled * WEI_PER_UNIT)
    move(line.member(payer).address, -deposit)
    move(line.member(payee).address, claimed)
    move(PAY_CHAN_ADDRESS, deposit - claimed)
  }
  const held = [...expected.keys()].map(
    async (address) => [address, await balanceOf(chain, address)] as const,
  )
  expect(new Map(await Promise.all(held))).toEqual(expected)
}

async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  await vi.waitUntil(isSo, { timeout: PATIENCE_MS, interval: LOOK_EVERY_MS }).catch((error: unknown) => {
    throw new Error(what, { cause: error })
  })
}

async function readAll(line: Line): Promise<Reports> {
  const entries = MEMBERS.map(async (name) => [name, await line.member(name).program.accounts()] as const)
  return new Map(await Promise.all(entries))
}

/** Whether all that was ordered to be settled is sent, and received. */
export async function isSettled(line: Line): Promise<boolean> {
  const reports = await readAll(line)
  return PAIRS.every(([payer, payee]) => {
    const { settled, settling } = reports.get(payer)!.get(payee)!
    return settling === '0' && settled === reports.get(payee)!.get(payer)!.received
  })
}

function amountOf(
  reports: Reports,
  of: MemberName,
  account: MemberName,
  name: 'settled' | 'received' | 'writtenOff',
): bigint {
  return BigInt(reports.get(of)!.get(account)![name])
}

/** The channels that the payer has ever sent claims on, as they are on the chain. */
async function channelsOf(
  line: Line,
  ledger: Ledger,
  payer: MemberName,
  payee: MemberName,
): Promise<ChannelState[]> {
  const settlements = await line.member(payer).program.settlements(payee)
  const ids = settlements.filter(({ direction }) => direction === 'out').map(({ reference }) => reference)
  const channelIds = [...new Set(ids.map((reference) => reference.split(':')[0]!))]
  return Promise.all(channelIds.map(async (channelId) => stateOf(ledger, channelId)))
}

async function stateOf(ledger: Ledger, channelId: string): Promise<ChannelState> {
  return new Promise((resolve, reject) => {
    const session = ledger.connect((event) => {
      session.close()
      if (event.kind === 'channel') resolve(event.channel)
      else reject(new Error(`the ledger says ${event.kind} of ${channelId}`))
    })
    session.perform({ kind: 'watch', id: 1, channelId })
  })
}

async function balanceOf(chain: DevChain, address: string): Promise<bigint> {
  return BigInt(await chain.request<string>('eth_getBalance', [address, 'latest']))
}

interface Receipt {
  readonly from: string
  readonly gasUsed: string
  readonly effectiveGasPrice: string
}

/** What each account has paid for transactions, those that failed among them. */
async function feesOf(chain: DevChain): Promise<ReadonlyMap<string, bigint>> {
  const addresses = new Map(DEV_ACCOUNTS.map(({ address }) => [address.toLowerCase(), address]))
  const fees = new Map<string, bigint>()
  const height = Number(await chain.request<string>('eth_blockNumber'))
  for (let block = 0; block <= height; block++) {
    const receipts = await chain.request<Receipt[]>('eth_getBlockReceipts', [`0x${block.toString(16)}`])
    for (const { from, gasUsed, effectiveGasPrice } of receipts) {
      const address = addresses.get(from.toLowerCase())!
      fees.set(address, (fees.get(address) ?? 0n) + BigInt(gasUsed) * BigInt(effectiveGasPrice))
    }
  }
  return fees
}
