/** Where peers connect: one port for all accounts that wait for their peers, over BTP and over HTTP. */
import type { NodeInput } from '@hourglass/connector'
import type { BtpWireOut } from '@hourglass/link-btp'
import { type AcceptBtpOptions, acceptBtp, listenBtp } from '@hourglass/link-btp/io'
import type { HttpWireOut } from '@hourglass/link-http'
import { listenHttp } from '@hourglass/link-http/io'
import type { Driver } from '@hourglass/sansio/io'
import type { Children } from './children.ts'
import { type AccountConfig, type Config, readSecret } from './config.ts'
import { Guests } from './guests.ts'
import type { Logger } from './log.ts'
import { StartError } from './start-error.ts'

export interface Door {
  readonly port: number
  /** Does what a link says to a peer that came in here. */
  send(account: string, wire: BtpWireOut | Extract<HttpWireOut, { kind: 'respond' }>): void
  /** Lets in the peers of these accounts too, by their tokens of the moment. @throws ConfigError */
  admit(accounts: readonly AccountConfig[]): void
  /** Closes that account's socket, and lets its peer in no more. */
  drop(account: string): void
  close(): Promise<void>
}

/** What one of the two kinds of servers does. */
type Server = Omit<Door, 'admit'>

/** Undefined where the config has none. @throws StartError */
export async function openDoor(
  config: Config,
  children: Children | undefined,
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
  const guests = new Guests()
  guests.admit(config.accounts)
  const btp: AcceptBtpOptions = {
    ...options,
    allowedOrigins: origins,
    // Who says a name is one of the listed (BTP-22); who says none may be a child.
    authenticate: (claim) =>
      guests.findByClaim(claim) ?? (claim.username === '' ? children?.find(claim.token) : undefined),
  }
  try {
    const isHttp = config.accounts.some(({ link }) => link.kind === 'http')
    const server: Server = await (isHttp ? openBoth(guests, options, btp) : listenBtp({ ...options, ...btp }))
    return {
      port: server.port,
      send: (account, wire) => server.send(account, wire),
      admit: (accounts) => guests.admit(accounts),
      drop(account) {
        guests.drop(account)
        server.drop(account)
      },
      close: async () => server.close(),
    }
  } catch (error) {
    throw new StartError((error as Error).message)
  }
}

async function openBoth(
  guests: Guests,
  options: Omit<Parameters<typeof listenHttp>[0], 'authenticate'>,
  btp: AcceptBtpOptions,
): Promise<Server> {
  const acceptor = acceptBtp(btp)
  const server = await listenHttp({
    ...options,
    authenticate: (token) => guests.findByToken(token),
    upgrade: (request, stream, head) => acceptor.upgrade(request, stream, head),
  })
  return {
    port: server.port,
    send(account, wire) {
      if (wire.kind === 'respond') server.send(wire)
      else acceptor.send(account, wire)
    },
    drop: (account) => acceptor.drop(account),
    async close() {
      acceptor.close()
      await server.close()
    },
  }
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
