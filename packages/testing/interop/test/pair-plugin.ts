/** A ledger plugin of version 2 whose peer is in the same process. It moves money: npm's need a ledger for that. */
import { EventEmitter } from 'node:events'

type DataHandler = (data: Buffer) => Promise<Buffer>
type MoneyHandler = (amount: string) => Promise<void>

export class PairPlugin extends EventEmitter {
  static readonly version = 2
  /** By the names of their options. */
  static readonly all = new Map<string, PairPlugin>()
  /** Moves the money, and then fails to say so. */
  failsAfterPaying = false
  readonly #name: string
  readonly #peer: string
  #dataHandler: DataHandler | undefined
  #moneyHandler: MoneyHandler | undefined
  #isConnected = false

  constructor({ name, peer }: { readonly name: string; readonly peer: string }) {
    super()
    this.#name = name
    this.#peer = peer
  }

  async connect(): Promise<void> {
    PairPlugin.all.set(this.#name, this)
    const peer = this.#other()
    for (const each of peer === undefined ? [] : [this, peer]) {
      each.#isConnected = true
      each.emit('connect')
    }
    return Promise.resolve()
  }

  async disconnect(): Promise<void> {
    PairPlugin.all.delete(this.#name)
    this.#isConnected = false
    return Promise.resolve()
  }

  isConnected(): boolean {
    return this.#isConnected
  }

  async sendData(data: Buffer): Promise<Buffer> {
    return this.#other()!.#dataHandler!(data)
  }

  async sendMoney(amount: string): Promise<void> {
    await this.#other()!.#moneyHandler!(amount)
    if (this.failsAfterPaying) throw new Error('the answer got lost')
  }

  registerDataHandler(handler: DataHandler): void {
    this.#dataHandler = handler
  }

  deregisterDataHandler(): void {
    this.#dataHandler = undefined
  }

  registerMoneyHandler(handler: MoneyHandler): void {
    this.#moneyHandler = handler
  }

  deregisterMoneyHandler(): void {
    this.#moneyHandler = undefined
  }

  #other(): PairPlugin | undefined {
    return PairPlugin.all.get(this.#peer)
  }
}

// Where plugins are looked for.
export { PairPlugin as default }
