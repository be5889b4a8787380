/** How the connector app is started to be measured: the program that people run, with a config file. Tooling. */
import { writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { ConfigInput } from '@hourglass/connector-app'
import { startPostgres } from '@hourglass/postgres-server'
import type { Middle } from './btp-lines.ts'
import { EXTENSION } from './modules.ts'

const require = createRequire(import.meta.url)
const ADDRESS = 'test.connector'
const PROGRAM = EXTENSION === '.ts' ? 'src/main.ts' : 'bin.js'

export interface AppOptions extends Pick<ConfigInput, 'durability' | 'journal'> {
  readonly program?: string
}

/**
 * A connector with the accounts `alice` and `bob` on one port, its config and journal in `directory`.
 * `program`: another one that takes the same arguments.
 */
export function planConnectorApp(port: number, directory: string, options: AppOptions): Middle {
  const { durability, journal = { kind: 'sqlite' }, program } = options
  const app = dirname(require.resolve('@hourglass/connector-app/package.json'))
  const account = (id: string): object => ({
    id,
    relation: 'child',
    asset: { code: 'USD', scale: 9 },
    link: { kind: 'btp-server', token: `${id}-token` },
    balance: { max: '1000000000000000' },
  })
  const config = {
    address: ADDRESS,
    data: join(directory, 'data'),
    durability,
    journal,
    listen: { port },
    accounts: [account('alice'), account('bob')],
  }
  const file = join(directory, 'config.json')
  writeFileSync(file, JSON.stringify(config))
  return {
    module: program ?? join(app, PROGRAM),
    args: ['--config', file],
    ends: [
      { port, username: 'alice', token: 'alice-token' },
      { port, username: 'bob', token: 'bob-token' },
    ],
    receiver: `${ADDRESS}.bob`,
  }
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
