/** ilp-connector 23.0.2 with all its middlewares on, between two plugins in the same process. Tooling. */
import { EventEmitter } from 'node:events'
import { createRequire } from 'node:module'
import type * as IlpConnector from 'ilp-connector'
import type { ConnectorSubject } from '../../benches/connector.ts'
import { ILP_CONNECTOR_ADDRESS, ilpConnectorAccount, ilpConnectorConfig } from '../../ilp-connector.ts'

// It starts by itself where it is imported, and does not where it is required.
const require = createRequire(import.meta.url)
const { createApp } = require('ilp-connector') as typeof IlpConnector

type Handler = (packet: Buffer) => Promise<Buffer>

/** The plugin interface that ilp-connector asks for, without a wire. */
class DirectPlugin extends EventEmitter {
  static readonly version = 2
  incoming: Handler | undefined
  outgoing: Handler | undefined

  connect = (): Promise<void> => Promise.resolve()
  disconnect = (): Promise<void> => Promise.resolve()
  isConnected = (): boolean => true
  sendMoney = (): Promise<void> => Promise.resolve()
  registerMoneyHandler = (): void => undefined
  deregisterMoneyHandler = (): void => undefined
  deregisterDataHandler = (): void => undefined

  registerDataHandler(handler: Handler): void {
    this.incoming = handler
  }

  sendData(packet: Buffer): Promise<Buffer> {
    return this.outgoing!(packet)
  }
}

export const subject: ConnectorSubject = {
  async open() {
    const plugins = { alice: new DirectPlugin(), bob: new DirectPlugin() }
    const app = createApp({
      ...ilpConnectorConfig,
      accounts: {
        alice: { ...ilpConnectorAccount, plugin: plugins.alice },
        bob: { ...ilpConnectorAccount, plugin: plugins.bob },
      },
    })
    await app.listen()
    return {
      address: `${ILP_CONNECTOR_ADDRESS}.bob`,
      onRequest(answer) {
        plugins.bob.outgoing = async (packet) => Buffer.from(await answer(packet))
      },
      request: (packet) => plugins.alice.incoming!(packet),
    }
  },
}
