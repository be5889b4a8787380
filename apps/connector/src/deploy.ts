/** What an EVM chain needs before channels can be opened on it. */
import { deployPayChan } from '@hourglass/ledger-evm/io'
import { StartError } from './start-error.ts'

/** Deploys the channel contract, unless it is there, and says where it is. @throws StartError */
export async function deployContract(rpcUrl: string, privateKey: string): Promise<string> {
  try {
    return await deployPayChan({ rpcUrl, privateKey })
  } catch (error) {
    throw new StartError((error as Error).message)
  }
}
