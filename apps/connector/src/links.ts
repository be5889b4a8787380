/** Links of the config: a machine for each account, and the sockets that carry what it says. */
import type { NodeInput } from '@hourglass/connector'
import { type Link, MemoryLink } from '@hourglass/link'
import { BtpLink, type BtpWireOut } from '@hourglass/link-btp'
import { connectBtp } from '@hourglass/link-btp/io'
import { HttpLink, type HttpWireOut } from '@hourglass/link-http'
import { type ConnectHttpOptions, connectHttp } from '@hourglass/link-http/io'
import { type Driver, nodeRng } from '@hourglass/sansio/io'
import type { Children } from './children.ts'
import { type AccountConfig, type Config, type Secret, readHttpToken, readSecret } from './config.ts'
import { type Door, openDoor } from './door.ts'
import type { Logger } from './log.ts'
import type { PluginAccounts } from './plugins.ts'

/** The sockets of all accounts. */
export interface Wires {
  /** Port where peers connect; undefined where none is configured. */
  readonly port: number | undefined
  send(account: string, wire: unknown): void
  /** Connects to those of `accounts` that are new, and lets in those of them that connect to us. */
  admit(accounts: readonly AccountConfig[]): void
  /** The account is gone: its socket is closed, and its peer is not let in any more. */
  drop(account: string): void
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
    case 'http': {
      const { url, mode, callbackUrl } = link
      const callback = callbackUrl === undefined ? {} : { callbackUrl: callbackUrl.href }
      return new HttpLink({ rng: nodeRng, peerOrigin: url.origin, mode, ...callback })
    }
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
  { plugins, children }: { plugins: PluginAccounts; children: Children | undefined },
  driver: Driver<NodeInput>,
  log: Logger,
): Promise<Wires> {
  const carriers = new Map<string, Carrier>()
  const door = await openDoor(config, children, driver, log)
  const close = async (): Promise<void> => {
    await Promise.all([door?.close(), ...[...carriers.values()].map((carrier) => carrier.close())])
  }
  const receiver =
    (account: string) =>
    (wire: unknown): void =>
      driver.push({ kind: 'wire', account, wire })
  const connect = ({ id, link }: AccountConfig): void => {
    if (carriers.has(id)) return
    const receive = receiver(id)
    const report = (error: Error): void => log.warn({ account: id }, error.message)
    if (link.kind === 'btp-client') carriers.set(id, connectBtp({ url: link.url.url, receive, report }))
    else if (link.kind === 'http') carriers.set(id, connectPeer(id, link, { door, receive, report }))
  }
  config.accounts.forEach(connect)
  try {
    for (const [id, plugin] of plugins) carriers.set(id, plugin.open(receiver(id)))
  } catch (error) {
    await close()
    throw error
  }
  return {
    port: door?.port,
    send(account, wire) {
      const carrier = carriers.get(account)
      if (carrier === undefined) door?.send(account, wire as BtpWireOut)
      else carrier.send(wire)
    },
    admit(accounts) {
      door?.admit(accounts)
      accounts.forEach(connect)
    },
    drop(account) {
      door?.drop(account)
      void carriers.get(account)?.close()
      carriers.delete(account)
    },
    close,
  }
}

/** Posts to the peer, and answers what came in at the door. */
function connectPeer(
  id: string,
  { url, token, http2 }: Extract<AccountConfig['link'], { kind: 'http' }>,
  { door, ...hear }: { door: Door | undefined } & Pick<ConnectHttpOptions, 'receive' | 'report'>,
): Carrier {
  const client = connectHttp({
    url,
    token: readHttpToken(token, `account ${id}, link.token`),
    http2,
    ...hear,
  })
  return {
    send(wire) {
      const out = wire as HttpWireOut
      if (out.kind === 'respond') door?.send(id, out)
      else client.send(out)
    },
    close: () => client.close(),
  }
}

function tokenOf(account: string, token: Secret): string {
  return readSecret(token, `account ${account}, link.token`)
}
