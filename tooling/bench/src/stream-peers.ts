/** The JavaScript peers' side of a link: their own plugin for BTP, and one over a path of the bench. Tooling. */
import { EventEmitter } from 'node:events'
import {
  type Address,
  ILDCP_DESTINATION,
  ILDCP_FULFILLMENT,
  decodePrepare,
  encodeFulfill,
  encodeIldcpResponse,
} from '@hourglass/ilp'
import plugin from 'ilp-plugin-btp'
import { asBuffer } from './load.ts'
import type { EndAddress } from './raw-end.ts'
import type { StreamEnd } from './stream-ends.ts'

/** By its types a module with a default, at run time the class that is its own default. */
const PluginBtp = plugin.default

type Handler = (packet: Buffer) => Promise<Buffer>

/** One end of a link, as their libraries want it; IL-DCP is answered here, as a connector would. */
export class PeerPlugin extends EventEmitter {
  static readonly version = 2
  handler: Handler | undefined
  readonly #address: Address
  readonly #ask: ((packet: Buffer) => Promise<Uint8Array>) | undefined

  /** `ask` undefined: this end only answers. */
  constructor(address: string, ask?: (packet: Buffer) => Promise<Uint8Array>) {
    super()
    this.#address = address as Address
    this.#ask = ask
  }

  readonly connect = nothing
  readonly disconnect = nothing
  readonly sendMoney = nothing
  readonly registerMoneyHandler = nothing
  readonly deregisterMoneyHandler = nothing

  isConnected(): boolean {
    return true
  }

  async sendData(packet: Buffer): Promise<Buffer> {
    if (decodePrepare(packet).destination === ILDCP_DESTINATION) {
      const data = encodeIldcpResponse({ address: this.#address, assetCode: 'USD', assetScale: 9 })
      return asBuffer(encodeFulfill({ fulfillment: ILDCP_FULFILLMENT, data }))
    }
    if (this.#ask === undefined) throw new Error('this end only answers')
    return asBuffer(await this.#ask(packet))
  }

  registerDataHandler(handler: Handler): void {
    this.handler = handler
  }
  deregisterDataHandler(): void {
    this.handler = undefined
  }
}

type PluginBtp = InstanceType<typeof PluginBtp>

/** ilp-plugin-btp at an end of a connector. */
export async function connectPlugin({ port, username, token }: EndAddress): Promise<PluginBtp> {
  const connected = new PluginBtp({ server: `btp+ws://${username}:${token}@127.0.0.1:${port}` })
  await connected.connect()
  return connected
}

/**
 * The same for payers, who want a plugin for each connection: all of them share the link, each with an address of its
 * own.
 */
export async function connectPayingPlugins(end: StreamEnd): Promise<() => PeerPlugin> {
  const connected = await connectPlugin(end)
  const plugins: PeerPlugin[] = []
  const segmentAt = end.address.split('.').length
  connected.registerDataHandler(async (packet: Buffer) => {
    const segment = decodePrepare(packet).destination.split('.')[segmentAt]
    const { handler } = plugins[Number(segment)] ?? {}
    if (handler === undefined) throw new Error(`there is no connection ${segment}`)
    return handler(packet)
  })
  return () => {
    const address = `${end.address}.${plugins.length}`
    plugins.push(new PeerPlugin(address, (packet) => connected.sendData(packet)))
    return plugins.at(-1)!
  }
}

/** A link in memory is always up, and money does not go over it. */
async function nothing(): Promise<void> {
  return Promise.resolve()
}
