/** Two Lightning nodes with a channel between them, whoever made them, and what they use up. Tooling. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** A file in `subjects/lightning/` exports one as `subject`. */
export interface LightningSubject {
  open(): Promise<LightningPair>
}

export interface LightningPair {
  /** Of the processes that are the nodes, payer first. */
  pids(): readonly number[]
  /** How long the payer's node took to be ready, where it is a node of ours. */
  readonly readyMs?: number
  /** Payments from one to the other, so many in all, so many at a time. */
  pay(payments: number, inFlight: number): Promise<void>
  /** Ends the payer's node and starts it again from its journal: how long that took to be ready. */
  restart?(): Promise<number>
  close(): Promise<void>
}

/** What each payment moves: small ones have no output on the ledger, and cost the least. */
export const AMOUNT_MSAT = 1000n
export const CAPACITY_SAT = 10_000_000n

const CLOCK_TICKS = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }))

/** Processor time of another process, all threads, since it began. Linux alone tells. */
export function cpuMsOf(pid: number): number {
  // The name before may hold blanks; `utime` and `stime` are fields 14 and 15.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ')
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / CLOCK_TICKS
}

/** Resident memory of another process. */
export function memoryMibOf(pid: number): number {
  const [, kib] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))!
  return Number(kib) / 1024
}
