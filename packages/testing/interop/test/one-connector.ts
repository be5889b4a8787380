/** Connectors of ours with one child, which a test plays, and one peer. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type ConfigInput,
  type RunningConnector,
  checkConfig,
  startConnector,
} from '@hourglass/connector-app'
import {
  type Address,
  ILDCP_DESTINATION,
  decodeFulfill,
  decodeIldcpResponse,
  encodeIldcpRequest,
} from '@hourglass/ilp'
import { now } from '@hourglass/sansio/io'
import { type OurEnd, connectOurEnd } from './our-end.ts'
import { outcome, prepare, serve } from './packets.ts'

export type AccountInput = ConfigInput['accounts'][number]

export const HOST = '127.0.0.1'

/** Undone by `dispose`, last first. */
export const cleanups: (() => unknown)[] = []

/** After each test. */
export async function dispose(): Promise<void> {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
}

/** A connector `test.NAME` with a child and one peer; modules of plugins are those that this package has. */
export async function startNode(
  name: string,
  child: string,
  peer: Partial<AccountInput>,
): Promise<RunningConnector> {
  const data = mkdtempSync(join(tmpdir(), 'hourglass-plugins-'))
  cleanups.push(() => rmSync(data, { recursive: true }))
  const asset = { code: 'USD', scale: 6 }
  const connector = await startConnector(
    checkConfig(
      {
        address: `test.${name}`,
        ...{ data, plugins: import.meta.dirname, durability: 'process', listen: { port: 0 } },
        ...{ admin: { port: 0 }, logLevel: 'silent' },
        accounts: [
          { ...server(child), id: child, relation: 'child', asset, balance: { max: '1000000' } },
          { id: 'peer', relation: 'peer', asset, balance: { max: '1000000' }, ...peer },
        ],
        routes: [{ prefix: '', account: 'peer' }],
      },
      name,
    ),
  )
  cleanups.push(() => connector.stop())
  return connector
}

/** A link to which the peer connects, with this token. */
export function server(token: string): Pick<AccountInput, 'link'> {
  return { link: { kind: 'btp-server', token } }
}

/** The child of that name. */
export async function childOf(connector: Pick<RunningConnector, 'port'>, name: string): Promise<OurEnd> {
  const url = `ws://${HOST}:${connector.port ?? 0}/`
  const { end, close } = connectOurEnd({ url, username: name, token: name })
  cleanups.push(close)
  await end.up()
  end.serve = serve
  return end
}

/** The data of the Fulfill, which is that of the Prepare, or the code of the Reject. */
export async function pay(from: OurEnd, destination: string, amount: string): Promise<string> {
  const answer = await from.ask(prepare(destination, amount, Buffer.from(amount)))
  if (!('body' in answer)) throw new Error(`no answer: ${answer.failure}`)
  return String(outcome(answer.body))
}

export function isUp({ node }: RunningConnector): boolean {
  return [...node.connector.accounts()].some(({ id, up }) => id === 'peer' && up)
}

/** What the peer calls this child, by IL-DCP. */
export async function addressOf(child: OurEnd): Promise<Address> {
  const answer = await child.ask(encodeIldcpRequest(now() + 30_000))
  if (!('body' in answer)) throw new Error(`no answer to ${ILDCP_DESTINATION}: ${answer.failure}`)
  return decodeIldcpResponse(decodeFulfill(answer.body)).address
}
