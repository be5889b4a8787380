/** How many transactions a second the stand-alone XRP Ledger takes, checks, applies and closes. Tooling. */
import { once } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'
import { type XrplProcess, spawnXrplStandalone } from '@hourglass/xrpl-standalone'
import { WebSocket } from 'ws'
import { ECDSA, Wallet } from 'xrpl'
import type { Bench, BenchOptions, Row } from '../bench.ts'
import { keepInFlight } from '../load.ts'
import { median } from '../measure/statistics.ts'

export const bench: Bench = {
  summary: 'the stand-alone XRP Ledger: signed payments over WebSocket until they are validated',
  run,
}

const ROUNDS = 5
const TRANSACTIONS = 1000
const IN_FLIGHT = 50
const CLOSE_MS = 100
const DROPS = 10n ** 10n
const ALGORITHMS = { ed25519: ECDSA.ed25519, secp256k1: ECDSA.secp256k1 } as const

async function run({ rounds = ROUNDS, progress }: BenchOptions): Promise<Row[]> {
  const rows: Row[] = []
  for (const [name, algorithm] of Object.entries(ALGORITHMS)) {
    progress(name)
    const rates: number[] = []
    for (let round = 0; round < rounds; round++) rates.push(await measure(algorithm))
    const figure = { metric: 'transactions', value: median(rates), unit: '1/s' }
    rows.push({ case: `payments signed with ${name}`, subject: 'xrpl-standalone', ...figure })
  }
  return rows
}

/** Transactions per second of one fresh ledger, in a process of its own. */
async function measure(algorithm: ECDSA): Promise<number> {
  const server = await spawnXrplStandalone({ closeMs: CLOSE_MS })
  const line = new Line(server)
  try {
    const wallet = Wallet.generate(algorithm)
    const { classicAddress: account } = wallet
    await server.fund(account, DROPS)
    const first = await line.sequenceOf(account, () => true)
    const blobs = sign(wallet, first)
    const begin = performance.now()
    let next = 0
    await keepInFlight(IN_FLIGHT, TRANSACTIONS, () => line.submit(blobs[next++]!))
    await line.sequenceOf(account, (sequence) => sequence === first + TRANSACTIONS)
    return (1000 * TRANSACTIONS) / (performance.now() - begin)
  } finally {
    line.close()
    await server.stop()
  }
}

function sign(wallet: Wallet, first: number): string[] {
  const payment = {
    TransactionType: 'Payment',
    Account: wallet.classicAddress,
    Destination: 'rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh',
    Amount: '1',
    Fee: '12',
  } as const
  return Array.from({ length: TRANSACTIONS }, (_, i) => {
    return wallet.sign({ ...payment, Sequence: first + i }).tx_blob
  })
}

interface Answer {
  readonly status: string
  readonly result?: Record<string, unknown>
}

/** One connection, many questions under way. */
class Line {
  readonly #socket: WebSocket
  readonly #waiting = new Map<number, (answer: Answer) => void>()
  #lastId = 0

  constructor({ url }: XrplProcess) {
    this.#socket = new WebSocket(url)
    this.#socket.on('message', (data: Buffer) => {
      const answer = JSON.parse(data.toString()) as Answer & { id: number }
      this.#waiting.get(answer.id)?.(answer)
      this.#waiting.delete(answer.id)
    })
  }

  async submit(blob: string): Promise<void> {
    const { result } = await this.#ask({ command: 'submit', tx_blob: blob })
    if (result?.['engine_result'] !== 'tesSUCCESS') throw new Error(`submit: ${JSON.stringify(result)}`)
  }

  /** Of the account in a validated ledger, as soon as it is right. */
  async sequenceOf(account: string, isRight: (sequence: number) => boolean): Promise<number> {
    for (;;) {
      const { result } = await this.#ask({ command: 'account_info', account, ledger_index: 'validated' })
      const data = result?.['account_data'] as { Sequence: number } | undefined
      if (data !== undefined && isRight(data.Sequence)) return data.Sequence
      await wait(5)
    }
  }

  close(): void {
    this.#socket.close()
  }

  async #ask(request: object): Promise<Answer> {
    if (this.#socket.readyState === WebSocket.CONNECTING) await once(this.#socket, 'open')
    const id = ++this.#lastId
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve)
      this.#socket.send(JSON.stringify({ id, ...request }))
    })
  }
}
