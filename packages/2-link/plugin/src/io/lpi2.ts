/** The ledger plugin interface, version 2, as npm's plugins have it. Layer 2, io. Spec: IL-RFC 24. */

export const LPI_VERSION = 2

/** One packet in, its answer out. */
export type DataHandler = (data: Buffer) => Promise<Buffer>
/** Base units of the account, as a decimal string; resolves once they are counted. */
export type MoneyHandler = (amount: string) => Promise<void>

/** What tells its listeners: Node's emitters, and others. */
interface PluginEvents {
  on(event: 'connect' | 'disconnect', listener: () => void): unknown
  on(event: 'error', listener: (error: unknown) => void): unknown
}

export interface Plugin extends PluginEvents {
  connect(options?: ConnectOptions): Promise<void>
  disconnect(): Promise<void>
  isConnected(): boolean
  sendData(data: Buffer): Promise<Buffer>
  sendMoney(amount: string): Promise<void>
  registerDataHandler(handler: DataHandler): void
  deregisterDataHandler(): void
  registerMoneyHandler(handler: MoneyHandler): void
  deregisterMoneyHandler(): void
}

export interface ConnectOptions {
  /** Milliseconds; Infinity: as long as it takes. */
  readonly timeout?: number
}

/** What a plugin is handed beside its options. */
export interface PluginServices {
  readonly store?: PluginStore
  readonly log?: PluginLog
}

/** Strings by their keys, kept over restarts. */
export interface PluginStore {
  get(key: string): Promise<string | undefined>
  put(key: string, value: string): Promise<void>
  del(key: string): Promise<void>
}

type Say = (...words: unknown[]) => void

export interface PluginLog {
  readonly debug: Say
  readonly info: Say
  readonly warn: Say
  readonly error: Say
  /** Some plugins ask for it, and say secrets there. */
  readonly trace?: Say
}

export type PluginOptions = Readonly<Record<string, unknown>>

export interface PluginClass {
  readonly version: number
  new (options: PluginOptions, services: PluginServices): Plugin
}

/** LPI2 amounts: whole base units, at most what BTP's Transfer holds. Undefined for anything else. */
export function decodeAmount(text: unknown): bigint | undefined {
  if (typeof text !== 'string' || !/^\d{1,20}$/.test(text)) return undefined
  const amount = BigInt(text)
  return amount <= AMOUNT_MAX ? amount : undefined
}

const AMOUNT_MAX = 2n ** 64n - 1n
