/** BTP as a ledger plugin of version 2, in either role. It moves no money: `sendMoney` says so. */
import { digestToken } from '@hourglass/link'
import { BtpLink, type BtpWireOut, Credentials } from '@hourglass/link-btp'
import { connectBtp, listenBtp } from '@hourglass/link-btp/io'
import { LinkPlugin, type LinkPluginParts, type PluginServices } from '@hourglass/plugin/io'
import { nodeCrypto } from '@hourglass/sansio/io'
import { type BtpPluginOptions, type Way, checkServices, wayOf } from './options.ts'

/** Where it listens, once it does. */
interface Bound {
  port: number | undefined
}

export class BtpPlugin extends LinkPlugin {
  readonly #bound: Bound

  /** @throws LpiError `InvalidFieldsError` | `InvalidServicesError` */
  constructor(options: BtpPluginOptions, services: PluginServices = {}) {
    checkServices(services)
    const way = wayOf(options)
    const { responseTimeout } = options
    const bound: Bound = { port: undefined }
    super({
      ...(way.kind === 'client' ? clientParts(way) : serverParts(way, bound)),
      ...(responseTimeout !== undefined && { responseTimeoutMs: responseTimeout }),
    })
    this.#bound = bound
    this.on('error', (error: Error) => services.log?.warn(error.message))
  }

  /** Where the peer connects; undefined for a client, and until it listens. */
  get port(): number | undefined {
    return this.#bound.port
  }
}

function clientParts({ url, username, token }: Extract<Way, { kind: 'client' }>): LinkPluginParts {
  return {
    link: new BtpLink({ role: 'client', username, token }),
    open: (receive, report) => connectBtp({ url, receive, report }),
  }
}

/** The one peer may call itself what it likes. */
function serverParts(
  { host, port, secret }: Extract<Way, { kind: 'server' }>,
  bound: Bound,
): LinkPluginParts {
  const tokenDigest = digestToken(nodeCrypto, secret)
  const credentials = new Credentials(nodeCrypto, [{ account: PEER, tokenDigest }])
  return {
    link: new BtpLink({ role: 'server' }),
    async open(receive, report) {
      const server = await listenBtp({
        ...{ host, port, report },
        authenticate: ({ token }) => credentials.find({ username: '', token }),
        receive: (_account, wire) => receive(wire),
      })
      bound.port = server.port
      return {
        send: (wire) => server.send(PEER, wire as BtpWireOut),
        close: () => server.close(),
      }
    },
  }
}

const PEER = 'peer'
