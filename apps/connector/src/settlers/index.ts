/** Ledgers of the config: opened before anything else starts, since a settlement without its ledger is none. */
import type { Journal } from '@hourglass/journal'
import { type Config, ConfigError, type LedgerConfig } from '../config.ts'
import { StartError } from '../start-error.ts'
import { openChannels } from './channels.ts'
import type { Settler, SettlerContext } from './settler.ts'

export type { LedgerReport, SettledLine, Settler } from './settler.ts'

type Log = (ledger: string, message: string) => void

/** By their names in the config. @throws StartError | ConfigError */
export async function openSettlers(
  { ledgers, data, durability }: Pick<Config, 'ledgers' | 'data' | 'durability'>,
  journal: Journal,
  log: Log,
): Promise<Map<string, Settler>> {
  const opened = await Promise.allSettled(
    Object.entries(ledgers).map(async ([name, config]) => {
      const context = { name, journal, data, durability, log: (message: string) => log(name, message) }
      return [name, await openSettler(config, context)] as const
    }),
  )
  const settlers = opened.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
  const failed = opened.find((result) => result.status === 'rejected')
  if (failed !== undefined) {
    await Promise.all(settlers.map(async ([, settler]) => settler.close()))
    throw failed.reason
  }
  return new Map(settlers)
}

async function openSettler(config: LedgerConfig, context: SettlerContext): Promise<Settler> {
  try {
    return await open(config, context)
  } catch (error) {
    if (error instanceof ConfigError) throw error
    throw new StartError(`ledger ${context.name}: ${(error as Error).message}`)
  }
}

/** One case for each way to settle. */
async function open(config: LedgerConfig, context: SettlerContext): Promise<Settler> {
  switch (config.kind) {
    case 'evm':
    case 'xrpl':
      return openChannels(config, context)
    case 'ldk':
    case 'lnd':
    case 'cln': {
      const { openLightning } = await import('./lightning.ts')
      return openLightning(config, context)
    }
  }
}
