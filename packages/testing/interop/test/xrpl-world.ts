/**
 * Alice and Bob on a stand-alone XRP Ledger whose time passes as the test says; at the end of each case the ledger's
 * own books say who has what. Testing.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { once } from 'node:events'
import { setImmediate as nextTurn, setTimeout as wait } from 'node:timers/promises'
import type { Answer, Claim, Hello } from '@hourglass/channel/testing'
import { GENESIS, type XrplStandalone, startXrplStandalone } from '@hourglass/xrpl-standalone'
import { encodeForSigningClaim } from 'ripple-binary-codec'
import { sign } from 'ripple-keypairs'
import { expect } from 'vitest'
import { Wallet } from 'xrpl'
import { DEPOSIT, SETTLE_DELAY_MS, Side } from './xrpl-side.ts'

/** What each party gets from the faucet, in drops. */
export const START = 1_000_000_000n
const RIPPLE_EPOCH_MS = 946_684_800_000
/** Between two ledgers of a real server. */
const LEDGER_S = 4
/** In which the adapters deal with a ledger, as far as they can. */
const PAUSE_MS = 8
const PAUSE_TURNS = 60
/** The adapters' pauses before they ask again what was not answered. */
const RETRY_MS = 600
const TURNS_MAX = 150
const RPC_MS_MAX = 2000
const FEE_DROPS = '12'

export interface RuleSet {
  readonly fixCleanup3_2_0: boolean
}
/** Which server's rules hold. */
export const RULE_SETS: readonly (readonly [string, RuleSet])[] = [
  ['rippled 2.6.1', { fixCleanup3_2_0: false }],
  ['xrpld 3.2.0', { fixCleanup3_2_0: true }],
]

/** A transaction's own fields. */
interface Fields {
  readonly TransactionType: string
  readonly [name: string]: unknown
}
interface Submitted {
  readonly hash: string
  readonly result: string
}
export interface ChannelEntry {
  readonly LedgerEntryType: string
  readonly Account: string
  readonly Destination: string
  readonly Amount: string
  readonly Balance: string
  readonly Expiration?: number
  readonly index: string
}
interface Transaction {
  readonly tx_json: { readonly Account: string; readonly Fee: string }
}

/** How it ended for everybody, in drops. Who is not named has had nothing. */
export interface Sums {
  /** What Alice's books say that Bob has had, and Bob's that he got. */
  readonly sent: bigint
  readonly received: bigint
  /** What the ledger has paid from Alice to Bob. */
  readonly paid: bigint
  /** What is left in Alice's channels. Default: nothing. */
  readonly escrowed?: bigint
  /** The same of Bob's channels, where he pays as well. */
  readonly back?: Pick<Sums, 'sent' | 'received' | 'paid' | 'escrowed'>
}

export class World {
  readonly server: XrplStandalone
  readonly alice: Side
  readonly bob: Side
  /** Funded as they are. */
  readonly mallory: Wallet = Wallet.generate()
  /** What becomes of a question on its way; undefined: it is lost. */
  carry: (body: Uint8Array, from: Side) => Uint8Array | undefined = (body) => body
  readonly #accounts: readonly string[]
  readonly #directory = mkdtempSync(join(tmpdir(), 'channel-xrpl-'))

  private constructor(server: XrplStandalone) {
    this.server = server
    const newSide = (name: string): Side =>
      new Side(name, {
        url: () => server.url,
        file: join(this.#directory, `${name}.sqlite`),
        now: () => this.now,
        carry: (body, from) => this.carry(body, from),
      })
    this.alice = newSide('alice')
    this.bob = newSide('bob')
    this.alice.peer = this.bob
    this.bob.peer = this.alice
    const wallets = [this.alice.wallet, this.bob.wallet, this.mallory]
    this.#accounts = wallets.map(({ classicAddress }) => classicAddress)
  }

  static async open(rules: RuleSet): Promise<World> {
    // From there on, rounded to ten seconds, the ledger's time is as exact as the test is.
    const start = Math.ceil(Date.now() / 10_000) * 10_000 + 5000
    const server = await startXrplStandalone({ ...rules, now: () => start })
    const world = new World(server)
    for (const account of world.#accounts) server.fund(account, START)
    await world.tick()
    return world
  }

  async close(): Promise<void> {
    for (const side of [this.alice, this.bob]) if (side.isRunning) await side.stop()
    await this.server.stop()
    rmSync(this.#directory, { recursive: true })
  }

  /** The close time of the newest ledger: what the next one judges by. */
  get now(): number {
    return toInstant(this.server.closeTime())
  }

  /** Both sides run, and have a link. */
  async start(options: Parameters<Side['start']>[0] = {}): Promise<void> {
    for (const side of [this.alice, this.bob]) if (!side.isRunning) await side.start(options)
    this.connect()
  }

  connect(): void {
    for (const side of [this.alice, this.bob]) side.link(true)
  }

  disconnect(): void {
    for (const side of [this.alice, this.bob]) side.link(false)
  }

  /** One ledger closes, so many seconds after the last one. */
  async tick(seconds = LEDGER_S): Promise<void> {
    this.server.advanceTime(seconds)
    this.server.closeLedger()
    await this.settleDown()
  }

  /** Lets everybody deal with the newest ledger. */
  async settleDown(): Promise<void> {
    for (let i = 0; i < 2; i++) {
      await wait(PAUSE_MS)
      // However busy the machine is: both ends of each connection are in this process.
      for (let turn = 0; turn < PAUSE_TURNS; turn++) await nextTurn()
      for (const side of [this.alice, this.bob]) side.tick()
    }
  }

  /** Lets the adapters find the server again, and ask again what they have to: the ledger's time waits for them. */
  async catchUp(): Promise<void> {
    await Promise.all([this.alice, this.bob].map((side) => side.ledger.balance('native')))
    await wait(RETRY_MS)
    await this.settleDown()
  }

  async ticks(count: number): Promise<void> {
    for (let i = 0; i < count; i++) await this.tick()
  }

  /** Ledgers close until it is so. */
  async until(isSo: () => boolean | Promise<boolean>): Promise<void> {
    for (let turn = 0; turn < TURNS_MAX; turn++) {
      if (await isSo()) return
      await this.tick()
    }
    const traces = [this.alice, this.bob].map(({ name, traces: all }) => ({ name, last: all.slice(-5) }))
    const show = (_key: string, value: unknown): unknown => (typeof value === 'bigint' ? `${value}` : value)
    throw new Error(`it never came to that; ${JSON.stringify(traces, show, 1)}`)
  }

  /** Both sides of a peering, in which Alice has paid Bob so much. */
  async paid(total: bigint, options: Parameters<Side['start']>[0] = {}): Promise<void> {
    await this.start(options)
    this.alice.settle(total)
    await this.until(() => this.bob.received === total && this.alice.sent === total)
  }

  /** One question over a connection of its own; nothing where no answer comes. */
  async rpc(request: object): Promise<unknown> {
    const socket = new WebSocket(this.server.url)
    await once(socket, 'open')
    socket.send(JSON.stringify({ ...request, id: 1, api_version: 2 }))
    const answer = once(socket, 'message', { signal: AbortSignal.timeout(RPC_MS_MAX) })
    const [{ data }] = (await answer.catch(() => [{ data: '{}' }])) as [{ data: string }]
    socket.close()
    return (JSON.parse(data) as { result?: unknown }).result ?? {}
  }

  /** The account, with what waits for the next ledger. */
  async account({ classicAddress: account }: Wallet): Promise<{ Sequence: number }> {
    const request = { command: 'account_info', account, ledger_index: 'current' }
    return ((await this.rpc(request)) as { account_data: { Sequence: number } }).account_data
  }

  /** Hands in a transaction that is none of the adapters'; says what the server says at once. */
  async submit(wallet: Wallet, fields: Fields, signer = wallet): Promise<Submitted> {
    const { Sequence } = await this.account(wallet)
    const transaction = { Account: wallet.classicAddress, Fee: FEE_DROPS, Sequence, ...fields }
    const { tx_blob, hash } = signer.sign(transaction as unknown as Parameters<Wallet['sign']>[0])
    const { engine_result: result = 'no answer' } = (await this.rpc({ command: 'submit', tx_blob })) as {
      engine_result?: string
    }
    return { hash, result }
  }

  /** The same, and what became of it in the next ledger. */
  async land(wallet: Wallet, fields: Fields, signer = wallet): Promise<Submitted> {
    const { hash, result } = await this.submit(wallet, fields, signer)
    await this.tick()
    const { meta } = (await this.rpc({ command: 'tx', transaction: hash })) as {
      meta?: { TransactionResult: string }
    }
    return { hash, result: meta?.TransactionResult ?? result }
  }

  async channelsOf(wallet: Wallet): Promise<ChannelEntry[]> {
    const { account_objects } = (await this.rpc({
      command: 'account_objects',
      account: wallet.classicAddress,
      type: 'payment_channel',
      ledger_index: 'validated',
    })) as { account_objects: ChannelEntry[] }
    return account_objects
  }

  /** The one channel that Alice pays with. */
  async channel(): Promise<ChannelEntry> {
    const account = this.alice.wallet.classicAddress
    const [only, ...others] = (await this.channelsOf(this.alice.wallet)).filter((c) => c.Account === account)
    if (only === undefined || others.length > 0) throw new Error(`${others.length + 1} channels, not one`)
    return only
  }

  /** What the account has paid in fees, ever. */
  async feesOf(wallet: Wallet): Promise<bigint> {
    const account = wallet.classicAddress
    const { transactions } = (await this.rpc({
      command: 'account_tx',
      account,
      ledger_index_min: -1,
      ledger_index_max: -1,
    })) as { transactions: Transaction[] }
    const own = transactions.filter(({ tx_json }) => tx_json.Account === account)
    return own.reduce((sum, { tx_json }) => sum + BigInt(tx_json.Fee), 0n)
  }

  /** Nobody has lost or gained anything but what is said, and fees. */
  async expectSums({ sent, received, paid, escrowed = 0n, back }: Sums): Promise<void> {
    const { alice, bob } = this
    const told = {
      sent: alice.sent,
      received: bob.received,
      backSent: bob.sent,
      backReceived: alice.received,
    }
    const { sent: backSent = 0n, received: backReceived = 0n } = back ?? {}
    expect(told, 'what the books say').toEqual({ sent, received, backSent, backReceived })
    const backPaid = back?.paid ?? 0n
    const held = { alice: await this.#heldBy(alice.wallet), bob: await this.#heldBy(bob.wallet) }
    const expected = {
      alice: { escrowed, lost: paid - backPaid },
      bob: { escrowed: back?.escrowed ?? 0n, lost: backPaid - paid },
    }
    expect(held, 'what the ledger says').toEqual(expected)
    await this.#expectSupply()
  }

  async #heldBy(wallet: Wallet): Promise<{ escrowed: bigint; lost: bigint }> {
    let escrowed = 0n
    for (const { Account, Amount, Balance } of await this.channelsOf(wallet)) {
      if (Account === wallet.classicAddress) escrowed += BigInt(Amount) - BigInt(Balance)
    }
    const lost = START - this.server.balanceOf(wallet.classicAddress) - (await this.feesOf(wallet)) - escrowed
    return { escrowed, lost }
  }

  /** No drop was made, and none destroyed but by fees. */
  async #expectSupply(): Promise<void> {
    let sum = 0n
    for (const account of [...this.#accounts, GENESIS.address]) sum += this.server.balanceOf(account)
    for (const wallet of [this.alice.wallet, this.bob.wallet, this.mallory])
      sum += (await this.#heldBy(wallet)).escrowed
    expect(sum, 'what there is').toBe(this.server.supply())
  }

  // What a source may do that keeps no rule.

  /** Opens a channel of Alice's account to Bob's, as a foreign program would; returns the name that we give it. */
  async openChannel({ reference, ...change }: OpenFields = {}): Promise<string> {
    const { alice } = this
    const fields = { ...this.opening(reference ?? (await this.reference())), ...change }
    const before = new Set((await this.channelsOf(alice.wallet)).map(({ index }) => index))
    const { hash, result } = await this.land(alice.wallet, fields)
    expect(result).toBe('tesSUCCESS')
    const opened = (await this.channelsOf(alice.wallet)).find(({ index }) => !before.has(index))
    if (opened === undefined) throw new Error('no channel was opened')
    return (opened.index + hash).toLowerCase()
  }

  /** Opens a channel as Bob wants it. */
  opening(reference: string): Fields {
    return {
      TransactionType: 'PaymentChannelCreate',
      Destination: this.bob.wallet.classicAddress,
      Amount: String(DEPOSIT),
      SettleDelay: SETTLE_DELAY_MS / 1000,
      PublicKey: this.alice.claimWallet.publicKey,
      Memos: [{ Memo: { MemoType: MEMO_TYPE, MemoData: reference.toUpperCase() } }],
    }
  }

  /** One more reference that Bob takes for his. */
  async reference(): Promise<string> {
    const hello = await this.bob.hello(NO_HELLO)
    return hello.referencePrefix + (++this.#references).toString(16).padStart(32, '0')
  }

  #references = 0

  /** What Bob answers to a claim, when he has had the time that he takes. */
  async claim(claim: Claim): Promise<Answer> {
    let answer: Answer | undefined
    void this.bob.claim(claim).then((given) => (answer = given))
    await this.until(() => answer !== undefined)
    return answer!
  }
}

/** Of a time as the ledger counts it, in seconds. */
export function toInstant(seconds: number): number {
  return seconds * 1000 + RIPPLE_EPOCH_MS
}

/** From somebody with whom nothing can be settled. */
export const NO_HELLO: Hello = {
  ...{ ledger: '', account: '', asset: '', referencePrefix: '00'.repeat(16), held: [] },
  ...{ settleDelayMsMin: 0, settleDelayMsMax: 0 },
}

interface OpenFields {
  readonly reference?: string
  readonly [name: string]: unknown
}

const MEMO_TYPE = Buffer.from('interledger/channel-reference').toString('hex').toUpperCase()

/** A claim that this key signs, with the ledger's own tools. */
export function signedClaim(channelId: string, amount: bigint, { privateKey }: Wallet): Claim {
  const channel = channelId.slice(0, 64).toUpperCase()
  const message = encodeForSigningClaim({ channel, amount: amount.toString() })
  return { channelId, amount, signature: Buffer.from(sign(message, privateKey), 'hex') }
}
