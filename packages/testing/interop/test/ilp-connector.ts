/** ilp-connector 23.0.2 in this process: its accounts are BTP links, or plugins without a wire. */
import { EventEmitter } from 'node:events'
import { createRequire } from 'node:module'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type * as IlpConnector from 'ilp-connector'

// It starts by itself where it is imported, and does not where it is required.
const require = createRequire(import.meta.url)
const { createApp } = require('ilp-connector') as typeof IlpConnector

export type PacketHandler = (packet: Buffer) => Promise<Buffer>

/** The plugin interface that ilp-connector asks for. */
export class DirectPlugin extends EventEmitter {
  static readonly version = 2
  /** What ilp-connector does with a packet that comes in. */
  incoming: PacketHandler = () => Promise.reject(new Error('nobody listens yet'))
  /** What is behind the plugin. */
  outgoing: PacketHandler = () => Promise.reject(new Error('nobody is there'))
  #isConnected: boolean

  constructor(isConnected: boolean) {
    super()
    this.#isConnected = isConnected
  }

  connect = (): Promise<void> => Promise.resolve()
  disconnect = (): Promise<void> => Promise.resolve()
  isConnected = (): boolean => this.#isConnected
  sendMoney = (): Promise<void> => Promise.resolve()
  registerMoneyHandler = (): void => undefined
  deregisterMoneyHandler = (): void => undefined
  deregisterDataHandler = (): void => undefined
  sendData = (packet: Buffer): Promise<Buffer> => this.outgoing(packet)

  registerDataHandler(handler: PacketHandler): void {
    this.incoming = handler
  }

  setConnected(isConnected: boolean): void {
    this.#isConnected = isConnected
    this.emit(isConnected ? 'connect' : 'disconnect')
  }
}

/** Two plugins that are one link, down at first. */
export class DirectLink {
  readonly ends: readonly [DirectPlugin, DirectPlugin] = [new DirectPlugin(false), new DirectPlugin(false)]

  constructor() {
    const [a, b] = this.ends
    a.outgoing = (packet) => deliver(b, packet)
    b.outgoing = (packet) => deliver(a, packet)
  }

  setConnected(isConnected: boolean): void {
    for (const end of this.ends) end.setConnected(isConnected)
  }
}

/** Later, as over a wire: what one end sends when it comes up meets the other when that is up too. */
async function deliver(to: DirectPlugin, packet: Buffer): Promise<Buffer> {
  await nextTurn()
  return to.incoming(packet)
}

/** Starts one; resolves when all its links are up. Stop it with what it resolves to. */
export async function startIlpConnector(
  ilpAddress: string,
  accounts: Readonly<Record<string, object>>,
): Promise<() => Promise<void>> {
  const app = createApp({
    env: 'test',
    ilpAddress,
    backend: 'one-to-one',
    spread: 0,
    routeBroadcastEnabled: true,
    // When a link goes down it tells the others at the next broadcast, not at once.
    routeBroadcastInterval: 3000,
    accounts: Object.fromEntries(
      Object.entries(accounts).map(([id, account]) => [id, { ...ACCOUNT, ...account }]),
    ),
  })
  await app.listen()
  return async () => app.shutdown()
}

const ACCOUNT = {
  assetCode: 'USD',
  assetScale: 9,
  balance: { maximum: '1000000000000', minimum: '-1000000000000' },
}
