/** One account on one EVM chain. Layer 1, io. */
import type { Ledger, LedgerEvent } from '@hourglass/ledger'
import { UsageError } from '@hourglass/sansio'
import { NATIVE, canonicalAsset } from '../channel-id.ts'
import type { EvmClaimScheme } from '../claim-scheme.ts'
import type { Account } from './account.ts'
import type { Actions } from './actions.ts'
import type { View } from './chain.ts'
import { type Contract, encodeBalanceOf, readStates } from './contracts.ts'
import { EvmSession } from './evm-session.ts'

export interface EvmLedgerOptions {
  readonly account: Account
  readonly contract: Contract
  readonly scheme: EvmClaimScheme
  readonly actions: Actions
  /** Scales of the tokens that channels may hold. */
  readonly tokenScales: ReadonlyMap<string, number>
}

const ETHER_SCALE = 18

export class EvmLedger implements Ledger {
  readonly name: string
  readonly account: string
  readonly scheme: EvmClaimScheme
  readonly #options: EvmLedgerOptions
  readonly #sessions = new Set<EvmSession>()
  /** Block whose states all sessions know. */
  #reported = ''

  constructor(options: EvmLedgerOptions) {
    this.#options = options
    this.name = `evm:${options.account.chainId}:${options.contract.address}`
    this.account = options.account.address
    this.scheme = options.scheme
    options.account.onlooker = { wanted: () => this.#isWatched(), beat: (view) => this.#beat(view) }
  }

  assetScale(asset: string): number {
    const scale = this.#scaleOf(asset)
    if (scale === undefined) throw new UsageError(`${this.name} is not configured for the token ${asset}`)
    return scale
  }

  async balance(asset: string): Promise<bigint> {
    const { address, chain, patienceMs } = this.#options.account
    this.assetScale(asset)
    const { final } = await chain.view(patienceMs)
    if (asset === NATIVE) return chain.balance(address, final, patienceMs)
    return BigInt(await chain.read(asset, encodeBalanceOf(address), final, patienceMs))
  }

  connect(listener: (event: LedgerEvent) => void): EvmSession {
    const { account, actions } = this.#options
    const session = new EvmSession({
      listener,
      actions,
      heartbeat: account.heartbeat,
      mayHold: (asset) => this.#scaleOf(asset) !== undefined,
      watches: () => (this.#reported = ''),
      left: () => this.#sessions.delete(session),
    })
    this.#sessions.add(session)
    return session
  }

  close(): Promise<void> {
    for (const session of this.#sessions) session.close()
    this.#options.account.close()
    return Promise.resolve()
  }

  #scaleOf(asset: string): number | undefined {
    const canonical = canonicalAsset(asset)
    if (canonical === undefined) return undefined
    return canonical === NATIVE ? ETHER_SCALE : this.#options.tokenScales.get(canonical)
  }

  /** Whether any session wants to know what happens. */
  #isWatched(): boolean {
    for (const session of this.#sessions) if (session.isWatching) return true
    return false
  }

  /** Tells the sessions what changed up to the block that is final now. */
  async #beat(view: View): Promise<void> {
    const { account, contract } = this.#options
    const block = view.final === view.latest ? view.latestHash : String(view.final)
    if (block === this.#reported) return
    const channelIds = new Set<string>()
    for (const session of this.#sessions) for (const id of session.channelIds) channelIds.add(id)
    // Set before the answer: who begins to watch meanwhile resets it, and gets another look.
    this.#reported = block
    const states = await readStates(account.chain, contract, [...channelIds], view.final).catch(
      (error: unknown) => {
        this.#reported = ''
        throw error
      },
    )
    for (const state of states) {
      if (state === undefined) continue
      for (const session of this.#sessions) session.report({ state, block: view.final })
    }
  }
}
