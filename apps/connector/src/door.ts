/** Where peers connect: one port for all accounts that wait for their peers, over BTP and over HTTP. */
import type { NodeInput } from '@hourglass/connector'
import { digestToken } from '@hourglass/link'
import { type BtpWireOut, Credentials } from '@hourglass/link-btp'
import { type AcceptBtpOptions, acceptBtp, listenBtp } from '@hourglass/link-btp/io'
import { type HttpWireOut, Tokens } from '@hourglass/link-http'
import { listenHttp } from '@hourglass/link-http/io'
import { type Driver, nodeCrypto } from '@hourglass/sansio/io'
import { type Config, readHttpToken, readSecret } from './config.ts'
import type { Logger } from './log.ts'
import { StartError } from './start-error.ts'

export interface Door {
  readonly port: number
  /** Does what a link says to a peer that came in here. */
  send(account: string, wire: BtpWireOut | Extract<HttpWireOut, { kind: 'respond' }>): void
  close(): Promise<void>
}

/** Undefined where the config has none. @throws StartError */
export async function openDoor(
  config: Config,
  driver: Driver<NodeInput>,
  log: Logger,
): Promise<Door | undefined> {
  if (config.listen === undefined) return undefined
  const { host, port, origins, tls } = config.listen
  const options = {
    host,
    port,
    ...(tls !== undefined && { tls: readTls(tls) }),
    receive: (account: string, wire: unknown) => driver.push({ kind: 'wire', account, wire }),
    report: (error: Error) => log.warn(error.message),
  }
  const credentials = credentialsOf(config)
  const btp: AcceptBtpOptions = {
    ...options,
    allowedOrigins: origins,
    authenticate: (claim) => credentials.find(claim),
  }
  try {
    const isHttp = config.accounts.some(({ link }) => link.kind === 'http')
    return await (isHttp ? openBoth(config, options, btp) : listenBtp({ ...options, ...btp }))
  } catch (error) {
    throw new StartError((error as Error).message)
  }
}

async function openBoth(
  config: Config,
  options: Omit<Parameters<typeof listenHttp>[0], 'authenticate'>,
  btp: AcceptBtpOptions,
): Promise<Door> {
  const tokens = tokensOf(config)
  const acceptor = acceptBtp(btp)
  const server = await listenHttp({
    ...options,
    authenticate: (token) => tokens.find(token),
    upgrade: (request, stream, head) => acceptor.upgrade(request, stream, head),
  })
  return {
    port: server.port,
    send(account, wire) {
      if (wire.kind === 'respond') server.send(wire)
      else acceptor.send(account, wire)
    },
    async close() {
      acceptor.close()
      await server.close()
    },
  }
}

function credentialsOf({ accounts }: Config): Credentials {
  const peers = accounts.flatMap(({ id, link }) => {
    if (link.kind !== 'btp-server') return []
    const token = readSecret(link.token, `account ${id}, link.token`)
    return [{ account: id, tokenDigest: digestToken(nodeCrypto, token) }]
  })
  return new Credentials(nodeCrypto, peers)
}

function tokensOf({ accounts }: Config): Tokens {
  const peers = accounts.flatMap(({ id, link }) => {
    if (link.kind !== 'http') return []
    const tokenDigests = link.peerTokens.map((token, i) =>
      digestToken(nodeCrypto, readHttpToken(token, `account ${id}, link.peerTokens[${i}]`)),
    )
    return [{ account: id, tokenDigests }]
  })
  return new Tokens(nodeCrypto, peers)
}

function readTls({ certificate, key }: NonNullable<NonNullable<Config['listen']>['tls']>): {
  cert: string
  key: string
} {
  return {
    cert: readSecret(certificate, 'listen.tls.certificate'),
    key: readSecret(key, 'listen.tls.key'),
  }
}
