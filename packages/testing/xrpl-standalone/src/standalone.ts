/**
 * Starts a stand-alone XRP Ledger and hands out its strings. Testing.
 */
import { fund } from './faucet.ts'
import type { Faults } from './faults.ts'
import { Clock } from './ledger/clock.ts'
import { Node } from './node.ts'
import { readAccount } from './state/view.ts'
import { listen } from './transport/server.ts'

export interface XrplStandaloneOptions {
  /** Default: one that is free. */
  readonly port?: number
  /** Default 0. */
  readonly networkId?: number
  /** Channel rules and answers of xrpld 3.2.0; default: those of rippled 2.6.1. */
  readonly fixCleanup3_2_0?: boolean
  /** A ledger closes so often. Default: only by `closeLedger` and the command `ledger_accept`. */
  readonly closeMs?: number | undefined
  /** With `closeMs`: whether a ledger also closes when there is nothing in it. Default true. */
  readonly closeEmpty?: boolean
  /** ms since the Unix epoch. Default: the wall clock with `closeMs`, else one that only `advanceTime` moves. */
  readonly now?: () => number
}

export interface XrplStandalone {
  /** `ws://127.0.0.1:PORT` */
  readonly url: string
  readonly port: number
  /** What goes wrong on purpose. */
  readonly faults: Faults
  /** Closes the open ledger, which is validated at once. Returns its index. */
  closeLedger(): number
  /** The next ledger closes so many seconds after the last one. */
  advanceTime(seconds: number): void
  /** Sends drops from the genesis account, in the open ledger; creates the account where there is none. */
  fund(account: string, drops: bigint): void
  /** In the newest validated ledger, in drops; 0 where there is no such account. */
  balanceOf(account: string): bigint
  /** Drops that exist after the newest validated ledger: what fees destroyed is gone. */
  supply(): bigint
  /** Index of the newest validated ledger. */
  validatedIndex(): number
  /** Close time of the newest validated ledger, in seconds since 2000. */
  closeTime(): number
  /** Cuts every connection, as a broken line would. */
  dropConnections(): void
  /** Resolves when nothing listens any more. */
  stop(): Promise<void>
}

export async function startXrplStandalone(options: XrplStandaloneOptions = {}): Promise<XrplStandalone> {
  const rules = { fixCleanup3_2_0: options.fixCleanup3_2_0 ?? false, networkId: options.networkId ?? 0 }
  const node = new Node(rules, new Clock(options.now ?? defaultNow(options.closeMs)))
  const server = await listen(node, options.port ?? 0)
  const timer = startClosing(node, options)
  return {
    url: `ws://127.0.0.1:${String(server.port)}`,
    port: server.port,
    faults: node.faults,
    closeLedger: () => node.close().index,
    advanceTime: (seconds) => node.advanceTime(seconds),
    fund: (account, drops) => fund(node, account, drops),
    balanceOf: (account) => BigInt(readAccount(node.chain.state, account)?.Balance ?? 0),
    supply: () => node.chain.validated.totalCoins,
    validatedIndex: () => node.chain.validated.index,
    closeTime: () => node.chain.validated.closeTime,
    dropConnections: () => server.dropConnections(),
    async stop() {
      clearInterval(timer)
      await server.stop()
    },
  }
}

/** A chain that closes by hand has a clock that stands still, so that what a test sees does not hang on its speed. */
function defaultNow(closeMs: number | undefined): () => number {
  const start = Date.now()
  return closeMs === undefined ? () => start : () => Date.now()
}

function startClosing(
  node: Node,
  { closeMs, closeEmpty = true }: XrplStandaloneOptions,
): NodeJS.Timeout | undefined {
  if (closeMs === undefined) return undefined
  return setInterval(() => {
    if (closeEmpty || node.chain.openTransactions.length > 0) node.close()
  }, closeMs)
}
