/** The XRP Ledger of this world, asked by plain commands over WebSocket. */
import { setTimeout as wait } from 'node:timers/promises'
import { type XrplProcess, spawnXrplStandalone } from '@hourglass/xrpl-standalone'
import type { LedgerInput, LedgerName, NodeName } from '../cast.ts'
import { ChildError } from '../processes.ts'
import { step } from '../terminal.ts'
import type { Activity, WorldLedger } from './ledger.ts'

/** Known to everyone: money that these keys hold on a public network is gone. */
const ACCOUNTS: Readonly<Record<NodeName, { readonly address: string; readonly seed: string }>> = {
  acme: { address: 'rEiwUu5BoFbyY8cCfrLZCBPVxKxL5c4yoP', seed: 'sEdT13HqtEgtCGzCG9w9tztp8HZdW4m' },
  bolt: { address: 'rJhBc5ttRzVF398Lvg1iEASvZd8C44U65s', seed: 'sEdT13HqtEgtCGzCG9wwCF8NVAL8wF7' },
  cove: { address: 'rL5Mg6A5znXzYTPViV4HhkBSdXk4oA8iQx', seed: 'sEdT13HqtEgtCGzCG9wBQegHQsh1XKG' },
  dune: { address: 'rnLuV77YLPBv1f32uauivDaEdoEU2sKS95', seed: 'sEdT13HqtEgtCGzCG9wUw7aAUbzaDUg' },
}
/** What each has to begin with, in drops. */
const FUNDS = 10_000_000_000n
/** The real one takes three to five seconds. */
const CLOSE_MS = 500
const POLL_MS = 20

interface Transaction {
  readonly tx_json: {
    readonly Account: string
    readonly TransactionType: string
    readonly Amount?: string
    readonly Fee: string
  }
  readonly meta: { readonly TransactionResult: string }
}

interface Channel {
  readonly Account: string
  readonly Amount: string
  readonly Balance: string
}

export class XrpLedger implements WorldLedger {
  readonly name: LedgerName = 'xrpl'
  readonly #server: XrplProcess

  private constructor(server: XrplProcess) {
    this.#server = server
  }

  static async start(): Promise<XrpLedger> {
    const server = await spawnXrplStandalone({ closeMs: CLOSE_MS })
    const ledger = new XrpLedger(server)
    await Promise.all(Object.values(ACCOUNTS).map(({ address }) => server.fund(address, FUNDS)))
    // They are there when the next ledger has closed.
    while ((await ledger.balance('dune')) === 0n) await wait(POLL_MS)
    step('L1 ledger', 'xrpl', `an XRP Ledger, simulated, is up at ${server.url}`)
    return ledger
  }

  config(node: NodeName): LedgerInput {
    return { kind: 'xrpl', url: this.#server.url, seed: ACCOUNTS[node].seed }
  }

  async balance(node: NodeName): Promise<bigint> {
    const answer = await this.#ask<{ account_data: { Balance: string } }>('account_info', node)
    return BigInt(answer?.account_data.Balance ?? 0)
  }

  async escrow(): Promise<bigint> {
    let escrow = 0n
    for (const node of nodes()) {
      const answer = await this.#ask<{ account_objects: readonly Channel[] }>('account_objects', node, {
        type: 'payment_channel',
      })
      for (const { Account, Amount, Balance } of answer?.account_objects ?? []) {
        // Both parties' objects list a channel: it counts with its source.
        if (Account === ACCOUNTS[node].address) escrow += BigInt(Amount) - BigInt(Balance)
      }
    }
    return escrow
  }

  async activity(): Promise<Activity> {
    let escrowed = 0n
    let transactions = 0
    const fees = new Map<string, bigint>()
    for (const node of nodes()) {
      const { address } = ACCOUNTS[node]
      const answer = await this.#ask<{ transactions: readonly Transaction[] }>('account_tx', node)
      for (const { tx_json, meta } of answer?.transactions ?? []) {
        if (tx_json.Account !== address) continue
        transactions++
        fees.set(node, (fees.get(node) ?? 0n) + BigInt(tx_json.Fee))
        const isDeposit = DEPOSITS.includes(tx_json.TransactionType)
        if (isDeposit && meta.TransactionResult === 'tesSUCCESS') escrowed += BigInt(tx_json.Amount!)
      }
    }
    return { transactions, escrowed, closedChannels: 0, fees: (node) => fees.get(node) ?? 0n }
  }

  async stop(): Promise<void> {
    await this.#server.stop()
  }

  /** What the newest validated ledger says of a node's account; undefined where there is none. */
  async #ask<T>(command: string, node: NodeName, more: object = {}): Promise<T | undefined> {
    const { url } = this.#server
    const socket = new WebSocket(url)
    try {
      const { promise, resolve, reject } = Promise.withResolvers<unknown>()
      const fail = (): void => reject(new ChildError(`the XRP Ledger does not answer at ${url}`))
      socket.addEventListener('error', fail)
      socket.addEventListener('close', fail)
      socket.addEventListener('message', ({ data }) => resolve(JSON.parse(String(data))))
      socket.addEventListener('open', () => {
        const account = ACCOUNTS[node].address
        socket.send(
          JSON.stringify({
            command,
            account,
            ledger_index: 'validated',
            api_version: 2,
            limit: 400,
            ...more,
          }),
        )
      })
      const answer = (await promise) as { result?: T; error?: string }
      if (answer.error === 'actNotFound') return undefined
      if (answer.result === undefined) throw new Error(`${command}: ${answer.error ?? 'no result'}`)
      return answer.result
    } finally {
      socket.close()
    }
  }
}

const DEPOSITS = ['PaymentChannelCreate', 'PaymentChannelFund']

function nodes(): NodeName[] {
  return Object.keys(ACCOUNTS) as NodeName[]
}
