/**
 * Claims of a payment channel on an EVM ledger: what it costs to sign one, to verify one, and to make both sides'
 * records durable before they count. Tooling.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Durability, Journal } from '@hourglass/journal'
import { openSqliteJournal } from '@hourglass/journal-sqlite/io'
import type { Bench, Workload } from '../bench.ts'
import { keepInFlight } from '../load.ts'
import { compare } from '../measure/compare.ts'
import { sink } from '../measure/sink.ts'
import { median } from '../measure/statistics.ts'

/** Signs and verifies claims on one channel; a claim is whatever the subject's own kind of signature is. */
export interface VoucherSubject<Claim = unknown> {
  open(): Promise<{
    sign(amount: bigint): Claim | Promise<Claim>
    verify(amount: bigint, claim: Claim): boolean | Promise<boolean>
  }>
}

export const bench: Bench = {
  summary: 'claims of a payment channel: sign, verify, make durable; claims per CPU-second',
  run: (options) =>
    compare(
      {
        bench: 'voucher',
        reference: 'floor',
        rounds: 5,
        ms: 300,
        figures(samples) {
          const cpuNs = median(samples.map((sample) => sample.cpuNs))
          return [
            { metric: 'CPU per claim', value: cpuNs / 1000, unit: 'µs' },
            { metric: 'claims per CPU-second', value: 1e9 / cpuNs, unit: '1/s' },
          ]
        },
      },
      options,
    ),
}

/** Claims that are under way at once where a disk is waited for: they share its flushes. */
const IN_FLIGHT = 100
/** What a channel keeps of a claim, about. */
const RECORD_BYTES = 128
const SIGNED = 64

export async function workloads(subject: VoucherSubject): Promise<ReadonlyMap<string, Workload>> {
  const scheme = await subject.open()
  const signed = await Promise.all(Array.from({ length: SIGNED }, (_, i) => scheme.sign(BigInt(i))))
  let count = 0

  const sign = async (): Promise<void> => {
    sink.last = await scheme.sign(BigInt(++count))
  }
  const check = async (amount: number, claim: unknown): Promise<void> => {
    if (!(await scheme.verify(BigInt(amount), claim))) throw new Error('a good claim is refused')
  }
  const verify = (): Promise<void> => check(++count % SIGNED, signed[count % SIGNED])
  const signAndVerify = async (): Promise<void> => {
    const amount = ++count
    await check(amount, await scheme.sign(BigInt(amount)))
  }
  /** Both sides: the payer keeps the claim before it goes out, the payee before it counts. */
  const signVerifyKeep = (journal: Journal) => async (): Promise<void> => {
    const amount = ++count
    const claim = await scheme.sign(BigInt(amount))
    await commit(journal, `outgoing/${amount % IN_FLIGHT}`)
    await check(amount, claim)
    await commit(journal, `incoming/${amount % IN_FLIGHT}`)
  }
  const keepProcess = signVerifyKeep(await openJournal('process'))
  const keepPower = signVerifyKeep(await openJournal('power'))
  return new Map<string, Workload>([
    ['sign', (n) => keepInFlight(1, n, sign)],
    ['verify', (n) => keepInFlight(1, n, verify)],
    ['sign and verify', (n) => keepInFlight(1, n, signAndVerify)],
    ['sign, verify, durable (process)', (n) => keepInFlight(IN_FLIGHT, n, keepProcess)],
    ['sign, verify, durable (power)', (n) => keepInFlight(IN_FLIGHT, n, keepPower)],
  ])
}

const record = new Uint8Array(RECORD_BYTES)

function commit(journal: Journal, key: string): Promise<void> {
  return new Promise((resolve) => {
    journal.commit([{ key, value: record }], resolve)
  })
}

/** In a directory that goes when the process does. */
function openJournal(durability: Durability): Promise<Journal> {
  const directory = mkdtempSync(join(tmpdir(), 'bench-'))
  process.once('exit', () => rmSync(directory, { recursive: true }))
  return openSqliteJournal({ file: join(directory, 'journal.sqlite'), durability })
}
