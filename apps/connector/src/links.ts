/** Links of the config: a machine for each account, and the sockets that carry what it says. */
import type { NodeInput } from '@hourglass/connector'
import { digestToken } from '@hourglass/link'
import { BtpLink, type BtpWireOut, Credentials } from '@hourglass/link-btp'
import { type BtpClient, type BtpServer, connectBtp, listenBtp } from '@hourglass/link-btp/io'
import { type Driver, nodeCrypto } from '@hourglass/sansio/io'
import { type AccountConfig, type Config, readSecret } from './config.ts'
import type { Logger } from './log.ts'
import { StartError } from './start-error.ts'

/** The sockets of all accounts. */
export interface Wires {
  /** Port where peers connect; undefined where none is configured. */
  readonly port: number | undefined
  send(account: string, wire: unknown): void
  close(): Promise<void>
}

/** @throws ConfigError where the token is not to be had. */
export function buildLink(account: AccountConfig): BtpLink {
  if (account.link.kind === 'btp-server') return new BtpLink({ role: 'server' })
  return new BtpLink({ role: 'client', username: account.link.url.username, token: tokenOf(account) })
}

/** Listens, and connects to every peer that we are a client of. @throws StartError */
export async function openWires(config: Config, driver: Driver<NodeInput>, log: Logger): Promise<Wires> {
  const clients = new Map<string, BtpClient>()
  const server = await listen(config, driver, log)
  for (const account of config.accounts) {
    if (account.link.kind !== 'btp-client') continue
    const { id } = account
    const client = connectBtp({
      url: account.link.url.url,
      receive: (wire) => driver.push({ kind: 'wire', account: id, wire }),
      report: (error) => log.warn({ account: id }, error.message),
    })
    clients.set(id, client)
  }
  return {
    port: server?.port,
    send(account, wire) {
      const client = clients.get(account)
      if (client === undefined) server?.send(account, wire as BtpWireOut)
      else client.send(wire as BtpWireOut)
    },
    async close() {
      await Promise.all([server?.close(), ...[...clients.values()].map((client) => client.close())])
    },
  }
}

async function listen(
  config: Config,
  driver: Driver<NodeInput>,
  log: Logger,
): Promise<BtpServer | undefined> {
  if (config.listen === undefined) return undefined
  const peers = config.accounts.filter(({ link }) => link.kind === 'btp-server')
  const credentials = new Credentials(
    nodeCrypto,
    peers.map((account) => ({
      account: account.id,
      tokenDigest: digestToken(nodeCrypto, tokenOf(account)),
    })),
  )
  const { host, port, origins } = config.listen
  try {
    return await listenBtp({
      host,
      port,
      allowedOrigins: origins,
      authenticate: (claim) => credentials.find(claim),
      receive: (account, wire) => driver.push({ kind: 'wire', account, wire }),
      report: (error) => log.warn(error.message),
    })
  } catch (error) {
    throw new StartError((error as Error).message)
  }
}

function tokenOf(account: AccountConfig): string {
  return readSecret(account.link.token, `account ${account.id}, link.token`)
}
