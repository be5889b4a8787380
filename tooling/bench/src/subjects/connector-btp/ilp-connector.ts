/** ilp-connector 23.0.2, its own program, with ilp-plugin-btp on both accounts. Tooling. */
import { createRequire } from 'node:module'
import type { BtpSubject } from '../../btp-lines.ts'
import { ILP_CONNECTOR_ADDRESS, ilpConnectorAccount, ilpConnectorConfig } from '../../ilp-connector.ts'

const require = createRequire(import.meta.url)
const SECRET = 'secret'

export const subject: BtpSubject = {
  plan(ports) {
    const account = (port: number): object => ({
      ...ilpConnectorAccount,
      plugin: require.resolve('ilp-plugin-btp'),
      options: { listener: { port, secret: SECRET } },
    })
    return {
      module: require.resolve('ilp-connector'),
      args: [],
      env: {
        CONNECTOR_ENV: ilpConnectorConfig.env,
        CONNECTOR_ILP_ADDRESS: ilpConnectorConfig.ilpAddress,
        CONNECTOR_BACKEND: ilpConnectorConfig.backend,
        CONNECTOR_SPREAD: String(ilpConnectorConfig.spread),
        CONNECTOR_ROUTE_BROADCAST_ENABLED: String(ilpConnectorConfig.routeBroadcastEnabled),
        CONNECTOR_ACCOUNTS: JSON.stringify({ alice: account(ports[0]), bob: account(ports[1]) }),
      },
      ends: [
        { port: ports[0], username: '', token: SECRET },
        { port: ports[1], username: '', token: SECRET },
      ],
      receiver: `${ILP_CONNECTOR_ADDRESS}.bob`,
    }
  },
}
