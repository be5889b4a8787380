/** Ledgers of the config: connected before anything else starts, since a settlement without its ledger is none. */
import type { Ledger } from '@hourglass/ledger'
import { type Config, ConfigError, type LedgerConfig, readSecret } from './config.ts'
import { StartError } from './start-error.ts'

/** By their names in the config. @throws StartError | ConfigError */
export async function openLedgers(configs: Config['ledgers']): Promise<Map<string, Ledger>> {
  const opened = await Promise.allSettled(
    Object.entries(configs).map(async ([name, config]) => [name, await openLedger(name, config)] as const),
  )
  const ledgers = opened.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
  const failed = opened.find((result) => result.status === 'rejected')
  if (failed !== undefined) {
    await Promise.all(ledgers.map(async ([, ledger]) => ledger.close()))
    throw failed.reason
  }
  return new Map(ledgers)
}

async function openLedger(name: string, config: LedgerConfig): Promise<Ledger> {
  try {
    return await connect(name, config)
  } catch (error) {
    if (error instanceof ConfigError) throw error
    throw new StartError(`ledger ${name}: ${(error as Error).message}`)
  }
}

/** One case for each kind of ledger. Its adapter is loaded where it is used: a ledger's client takes its time. */
async function connect(name: string, config: LedgerConfig): Promise<Ledger> {
  switch (config.kind) {
    case 'evm': {
      const { connectEvm } = await import('@hourglass/ledger-evm/io')
      const { rpcUrl, contract, confirmations, pollMs } = config
      const privateKey = readSecret(config.privateKey, `ledger ${name}, privateKey`)
      const options = { rpcUrl, privateKey, confirmations, pollMs }
      return connectEvm({ ...options, ...(contract !== undefined && { contract }) })
    }
    case 'xrpl': {
      const { connectXrpl } = await import('@hourglass/ledger-xrpl/io')
      const { url, seed, claimSeed } = config
      return connectXrpl({
        url,
        secret: readSecret(seed, `ledger ${name}, seed`),
        ...(claimSeed !== undefined && { claimSecret: readSecret(claimSeed, `ledger ${name}, claimSeed`) }),
      })
    }
  }
}

/** Deploys the channel contract, unless it is there, and says where it is. @throws StartError */
export async function deployContract(rpcUrl: string, privateKey: string): Promise<string> {
  const { deployPayChan } = await import('@hourglass/ledger-evm/io')
  try {
    return await deployPayChan({ rpcUrl, privateKey })
  } catch (error) {
    throw new StartError((error as Error).message)
  }
}
