/**
 * A Lightning node in a process of its own, started again whenever it ends. Layer 2, io.
 *
 *   starting ── opened ──▶ open ── ends ──▶ pause ──▶ starting
 *
 * A call that the process did not answer is rejected as `unavailable`: its outcome is not known.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { UsageError } from '@hourglass/sansio'
import type {
  ChannelInfo,
  HeldPayment,
  InvoiceOptions,
  Keysend,
  NodeAddress,
  NodeEvent,
  NodeInfo,
  OpenChannel,
  OwnWalletNode,
  PaymentEnd,
  Receipt,
  Withdrawal,
} from '../../node.ts'
import { LightningError } from '../lightning-error.ts'
import { Forgetting } from './forgetting.ts'
import type { FromProcess, Method, ProcessOptions, ToProcess } from './messages.ts'
import { Outbox } from './outbox.ts'

export interface LdkOptions extends ProcessOptions {
  /**
   * Needed for `bitcoin`, real money: the build of LDK that npm has (0.1.2) lacks fixes of later ones, among them
   * one by which a malicious peer takes what is in a channel. For peers who trust one another, it may do.
   */
  readonly acceptsTheftByPeers?: boolean
  readonly log?: (message: string) => void
  /** The program of the process. Default: this package's. */
  readonly program?: URL
}

const RESTART_MS = 50
const RESTART_MS_MAX = 30_000

/**
 * LDK is hundreds of modules: V8 keeps what it has made of them beside where they come from, which whoever can write
 * to could change anyway. Where it cannot be written, they are compiled each time.
 */
const COMPILED = fileURLToPath(new URL('../../../node_modules/.cache/compiled', import.meta.url))

/** What a payment leaves is short-lived: the space for it would grow to five times what the node needs. */
const MEMORY_FLAGS = ['--max-semi-space-size=4']

/** glibc gives each thread a heap of its own and takes little of it back: a fifth of what the process holds. */
const ONE_ARENA = { MALLOC_ARENA_MAX: '1' }

interface Waiting {
  resolve(value: unknown): void
  reject(error: Error): void
}

/** Resolves once the node is there for the first time. @throws LightningError, UsageError */
export async function openLdkNode(options: LdkOptions): Promise<LdkProcess> {
  checkOptions(options)
  if (options.network === 'bitcoin' && options.acceptsTheftByPeers !== true) {
    const message =
      'the LDK of npm, 0.1.2, lacks the fix of 0.1.13 against theft by a malicious peer: for real money, connect a ' +
      'node of another program, or set acceptsTheftByPeers'
    throw new LightningError('unsafe-network', message)
  }
  const node = new LdkProcess(options)
  try {
    await node.start()
  } catch (error) {
    await node.close()
    throw error
  }
  return node
}

export class LdkProcess implements OwnWalletNode {
  readonly #options: LdkOptions
  readonly #waiting = new Map<number, Waiting>()
  readonly #forgetting = new Forgetting((forgotten) => this.#ask((id) => ({ kind: 'forget', id, forgotten })))
  /** Where the process is gone, its `exit` tells those who wait. */
  readonly #outbox = new Outbox<ToProcess>((messages) => this.#child?.send(messages, () => undefined))
  #listeners: ((event: NodeEvent) => void)[] = []
  #child: ChildProcess | undefined
  #isOpen = false
  #isClosed = false
  #lastId = 0
  #pauseMs = RESTART_MS

  constructor(options: LdkOptions) {
    this.#options = options
  }

  /** Of the process that serves it now; undefined between two. */
  get pid(): number | undefined {
    return this.#child?.pid
  }

  info(): Promise<NodeInfo> {
    return this.#call('info')
  }

  connect(peer: NodeAddress): Promise<void> {
    return this.#call('connect', peer)
  }

  disconnect(peerId: string): Promise<void> {
    return this.#call('disconnect', peerId)
  }

  channels(): Promise<readonly ChannelInfo[]> {
    return this.#call('channels')
  }

  openChannel(channel: OpenChannel): Promise<void> {
    return this.#call('openChannel', channel)
  }

  closeChannel(channelId: string, isForced = false): Promise<void> {
    return this.#call('closeChannel', channelId, isForced)
  }

  createInvoice(options: InvoiceOptions): Promise<string> {
    return this.#call('createInvoice', options)
  }

  payInvoice(invoice: string): Promise<PaymentEnd> {
    return this.#call('payInvoice', invoice)
  }

  keysend(payment: Keysend): Promise<PaymentEnd> {
    return this.#call('keysend', payment)
  }

  forgetPayment(hash: Uint8Array): Promise<void> {
    return this.#forgetting.add({ payments: [hash], receipts: [] })
  }

  settleHeld(preimage: Uint8Array): Promise<void> {
    return this.#call('settleHeld', preimage)
  }

  cancelHeld(hash: Uint8Array): Promise<void> {
    return this.#call('cancelHeld', hash)
  }

  held(): Promise<readonly HeldPayment[]> {
    return this.#call('held')
  }

  receipts(): Promise<readonly Receipt[]> {
    return this.#call('receipts')
  }

  forgetReceipts(indices: readonly number[]): Promise<void> {
    return this.#forgetting.add({ payments: [], receipts: indices })
  }

  address(): Promise<string> {
    return this.#call('address')
  }

  walletSat(): Promise<bigint> {
    return this.#call('walletSat')
  }

  withdraw(withdrawal: Withdrawal): Promise<string> {
    return this.#call('withdraw', withdrawal)
  }

  listen(listener: (event: NodeEvent) => void): () => void {
    this.#listeners.push(listener)
    void this.#tellHeld((event) => {
      if (this.#listeners.includes(listener)) listener(event)
    })
    return () => void (this.#listeners = this.#listeners.filter((each) => each !== listener))
  }

  /** Ends the process; its channels stay. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#listeners = []
    const child = this.#child
    if (child === undefined) return
    const gone = new Promise((resolve) => child.once('exit', resolve))
    this.#say({ kind: 'close' })
    await gone
  }

  /** Resolves once the process has opened the node. */
  start(): Promise<void> {
    // Above this file, in the sources as in what is built.
    const above = import.meta.url.endsWith('.ts') ? '../ldk-worker.ts' : '../ldk-worker.js'
    const program = this.#options.program ?? new URL(above, import.meta.url)
    const child = fork(fileURLToPath(program), {
      execArgv: [...process.execArgv, ...MEMORY_FLAGS],
      env: { NODE_COMPILE_CACHE: COMPILED, ...ONE_ARENA, ...process.env },
      serialization: 'advanced',
      // A group of its own: Ctrl-C reaches us alone. What LDK prints is for nobody.
      detached: true,
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    this.#child = child
    const opening = new Promise<void>((resolve, reject) => {
      child.once('exit', () => reject(new LightningError('unavailable', 'the process of the node has ended')))
      const hear = (message: FromProcess): void => {
        if (message.kind === 'opened') {
          this.#opened()
          resolve()
        } else if (message.kind === 'not-opened') reject(errorOf(message.failure))
        else this.#hear(message)
      }
      child.on('message', (messages: readonly FromProcess[]) => messages.forEach(hear))
    })
    child.once('exit', () => this.#ended(child))
    this.#say({ kind: 'open', options: processOptions(this.#options) })
    return opening
  }

  #opened(): void {
    this.#isOpen = true
    this.#pauseMs = RESTART_MS
    this.#tell({ kind: 'available' })
    void this.#tellHeld((event) => this.#tell(event))
  }

  /** Where the node is gone again, it is told when it comes back. */
  async #tellHeld(tell: (event: NodeEvent) => void): Promise<void> {
    const held = await this.held().catch(() => [])
    for (const payment of held) tell({ kind: 'held', ...payment })
  }

  #ended(child: ChildProcess): void {
    if (child !== this.#child) return
    this.#isOpen = false
    this.#child = undefined
    const error = new LightningError('unavailable', 'the process of the node has ended')
    for (const waiting of this.#waiting.values()) waiting.reject(error)
    this.#waiting.clear()
    if (this.#isClosed) return
    setTimeout(() => {
      // Another try follows on the end of this one.
      if (!this.#isClosed)
        this.start().catch((cause: unknown) => this.#options.log?.((cause as Error).message))
    }, this.#pauseMs)
    this.#pauseMs = Math.min(2 * this.#pauseMs, RESTART_MS_MAX)
  }

  #hear(message: Exclude<FromProcess, { kind: 'opened' | 'not-opened' }>): void {
    if (message.kind === 'event') return this.#tell(message.event)
    if (message.kind === 'log') return this.#options.log?.(message.message)
    const waiting = this.#waiting.get(message.id)
    this.#waiting.delete(message.id)
    if (message.kind === 'value') waiting?.resolve(message.value)
    else waiting?.reject(errorOf(message.failure))
  }

  #tell(event: NodeEvent): void {
    for (const listener of this.#listeners) listener(event)
  }

  #call<Result>(method: Method, ...args: readonly unknown[]): Promise<Result> {
    return this.#ask((id) => ({ kind: 'call', id, method, args }))
  }

  /** `ask` makes the question, by its id. */
  #ask<Result>(ask: (id: number) => ToProcess): Promise<Result> {
    if (!this.#isOpen) {
      return Promise.reject(new LightningError('unavailable', 'the node is not there'))
    }
    const id = ++this.#lastId
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      this.#say(ask(id))
    })
  }

  #say(message: ToProcess): void {
    this.#outbox.say(message)
  }
}

function checkOptions({ seed, rpcUrl, port, pollMs }: LdkOptions): void {
  if (seed.length !== SEED_BYTES) throw new UsageError(`a seed of ${SEED_BYTES} bytes, not ${seed.length}`)
  const { protocol } = URL.parse(rpcUrl) ?? {}
  if (protocol !== 'http:' && protocol !== 'https:') throw new UsageError('the chain has an HTTP URL')
  if (!Number.isInteger(port) || port < 0 || port > PORT_MAX) throw new UsageError(`there is no port ${port}`)
  if (!(pollMs > 0)) throw new UsageError('the chain is asked every so many milliseconds')
}

const SEED_BYTES = 32
const PORT_MAX = 0xffff

/** What the process is to know. */
function processOptions(options: LdkOptions): ProcessOptions {
  const { network, seed, file, durability, rpcUrl, host, port, pollMs, limits } = options
  return { network, seed, file, durability, rpcUrl, host, port, pollMs, limits }
}

function errorOf({ code, message }: { code: LightningError['code']; message: string }): LightningError {
  return new LightningError(code, message)
}
