/** The JavaScript peers' side of a link: a plugin over a path of the bench. Tooling. */
import { EventEmitter } from 'node:events'
import {
  type Address,
  ILDCP_DESTINATION,
  ILDCP_FULFILLMENT,
  decodePrepare,
  encodeFulfill,
  encodeIldcpResponse,
} from '@hourglass/ilp'
import { asBuffer } from './load.ts'

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

/** A link in memory is always up, and money does not go over it. */
async function nothing(): Promise<void> {
  return Promise.resolve()
}
