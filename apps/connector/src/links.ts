/** Links of the config: a machine for each account, and the sockets that carry what it says. */
import type { NodeInput } from '@hourglass/connector'
import { type Link, MemoryLink, digestToken } from '@hourglass/link'
import { BtpLink, type BtpWireOut, Credentials } from '@hourglass/link-btp'
import { type BtpServer, connectBtp, listenBtp } from '@hourglass/link-btp/io'
import { type Driver, nodeCrypto } from '@hourglass/sansio/io'
import { type AccountConfig, type Config, type Secret, readSecret } from './config.ts'
import type { Logger } from './log.ts'
import type { PluginAccounts } from './plugins.ts'
import { StartError } from './start-error.ts'

/** The sockets of all accounts. */
export interface Wires {
  /** Port where peers connect; undefined where none is configured. */
  readonly port: number | undefined
  send(account: string, wire: unknown): void
  close(): Promise<void>
}

/** @throws ConfigError where the token is not to be had. */
export function buildLink({ id, link }: AccountConfig): Link<never, unknown> {
  switch (link.kind) {
    case 'btp-server':
      return new BtpLink({ role: 'server' })
    case 'btp-client':
      return new BtpLink({ role: 'client', username: link.url.username, token: tokenOf(id, link.token) })
    case 'plugin':
      return new MemoryLink()
  }
}

/** What carries one account's wire. */
interface Carrier {
  send(wire: unknown): void
  close(): Promise<void>
}

/** Listens, connects to every peer that we are a client of, and runs the plugins. @throws StartError */
export async function openWires(
  config: Config,
  plugins: PluginAccounts,
  driver: Driver<NodeInput>,
  log: Logger,
): Promise<Wires> {
  const carriers = new Map<string, Carrier>()
  const server = await listen(config, driver, log)
  const close = async (): Promise<void> => {
    await Promise.all([server?.close(), ...[...carriers.values()].map((carrier) => carrier.close())])
  }
  const receiver =
    (account: string) =>
    (wire: unknown): void =>
      driver.push({ kind: 'wire', account, wire })
  for (const { id, link } of config.accounts) {
    if (link.kind !== 'btp-client') continue
    const report = (error: Error): void => log.warn({ account: id }, error.message)
    carriers.set(id, connectBtp({ url: link.url.url, receive: receiver(id), report }))
  }
  try {
    for (const [id, plugin] of plugins) carriers.set(id, plugin.open(receiver(id)))
  } catch (error) {
    await close()
    throw error
  }
  return {
    port: server?.port,
    send(account, wire) {
      const carrier = carriers.get(account)
      if (carrier === undefined) server?.send(account, wire as BtpWireOut)
      else carrier.send(wire)
    },
    close,
  }
}

async function listen(
  config: Config,
  driver: Driver<NodeInput>,
  log: Logger,
): Promise<BtpServer | undefined> {
  if (config.listen === undefined) return undefined
  const credentials = new Credentials(
    nodeCrypto,
    config.accounts.flatMap(({ id, link }) =>
      link.kind === 'btp-server'
        ? [{ account: id, tokenDigest: digestToken(nodeCrypto, tokenOf(id, link.token)) }]
        : [],
    ),
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

function tokenOf(account: string, token: Secret): string {
  return readSecret(token, `account ${account}, link.token`)
}
