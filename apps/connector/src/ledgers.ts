/** Ledgers of the config: connected before anything else starts, since a settlement without its ledger is none. */
import type { Ledger } from '@hourglass/ledger'
import { connectEvm, deployPayChan } from '@hourglass/ledger-evm/io'
import { type Config, type LedgerConfig, readSecret } from './config.ts'
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

/** One line for each kind of ledger. */
async function openLedger(name: string, config: LedgerConfig): Promise<Ledger> {
  const { rpcUrl, contract, confirmations, pollMs } = config
  const privateKey = readSecret(config.privateKey, `ledger ${name}, privateKey`)
  try {
    return await connectEvm({
      rpcUrl,
      privateKey,
      confirmations,
      pollMs,
      ...(contract !== undefined && { contract }),
    })
  } catch (error) {
    throw new StartError(`ledger ${name}: ${(error as Error).message}`)
  }
}

/** Deploys the channel contract, unless it is there, and says where it is. @throws StartError */
export async function deployContract(rpcUrl: string, privateKey: string): Promise<string> {
  try {
    return await deployPayChan({ rpcUrl, privateKey })
  } catch (error) {
    throw new StartError((error as Error).message)
  }
}
