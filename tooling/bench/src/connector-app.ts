/** How the connector app is started to be measured: the program that people run, with a config file. Tooling. */
import { writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { ConfigInput } from '@hourglass/connector-app'
import { startPostgres } from '@hourglass/postgres-server'
import type { Middle } from './btp-lines.ts'
import { EXTENSION } from './modules.ts'

const require = createRequire(import.meta.url)
export const CONNECTOR_ADDRESS = 'test.connector'
const PROGRAM = EXTENSION === '.ts' ? 'src/main.ts' : 'bin.js'

export interface AppOptions extends Pick<ConfigInput, 'durability' | 'journal'> {
  readonly program?: string
  /** In a packet from either account; default: any amount. */
  readonly packetAmountMax?: string
}

/**
 * A connector with the accounts `alice` and `bob` on one port, its config and journal in `directory`.
 * `program`: another one that takes the same arguments.
 */
export function planConnectorApp(port: number, directory: string, options: AppOptions): Middle {
  const start = planProgram(port, directory, ['alice', 'bob'], options)
  return {
    ...start,
    ends: [
      { port, username: 'alice', token: 'alice-token' },
      { port, username: 'bob', token: 'bob-token' },
    ],
    receiver: `${CONNECTOR_ADDRESS}.bob`,
  }
}

/** A connector with an account for each of these names, whose token is the name and `-token`. */
export function planChildren(port: number, directory: string, names: readonly string[]): Program {
  return planProgram(port, directory, names, { durability: 'process' })
}

/** Names of so many children. */
export function childNames(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `child-${i}`)
}

type Program = Pick<Middle, 'module' | 'args'>

function planProgram(
  port: number,
  directory: string,
  names: readonly string[],
  { durability, journal = { kind: 'sqlite' }, program, packetAmountMax }: AppOptions,
): Program {
  const app = dirname(require.resolve('@hourglass/connector-app/package.json'))
  const config = {
    address: CONNECTOR_ADDRESS,
    data: join(directory, 'data'),
    durability,
    journal,
    listen: { port },
    accounts: names.map((id) => ({
      id,
      relation: 'child',
      asset: { code: 'USD', scale: 9 },
      link: { kind: 'btp-server', token: `${id}-token` },
      balance: { max: '1000000000000000' },
      packetAmountMax,
    })),
  }
  const file = join(directory, 'config.json')
  writeFileSync(file, JSON.stringify(config))
  return { module: program ?? join(app, PROGRAM), args: ['--config', file] }
}

/** The same over a PostgreSQL server of its own, of which only what the connector itself does is measured. */
export async function planOverPostgres(
  port: number,
  directory: string,
  durability: 'power' | 'process',
): Promise<Middle> {
  const server = await startPostgres()
  const journal = { kind: 'postgres', url: server.url } as const
  return { ...planConnectorApp(port, directory, { durability, journal }), close: () => server.stop() }
}
