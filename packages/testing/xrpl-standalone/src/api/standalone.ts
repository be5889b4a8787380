/**
 * Commands of this ledger's own, for those who run it as a process of its own: faucet, clock. Testing.
 */
import { fund } from '../faucet.ts'
import { accountParameter, type Call, invalidParameters, type Json, textParameter } from './call.ts'

/** Drops as decimal text. */
export function standaloneFund({ node, parameters }: Call): Json {
  const account = accountParameter(parameters)
  const drops = textParameter(parameters, 'drops')
  if (!/^\d{1,17}$/.test(drops)) throw invalidParameters("Invalid field 'drops'.")
  try {
    return { hash: fund(node, account, BigInt(drops)) }
  } catch (error) {
    throw invalidParameters((error as Error).message)
  }
}

export function standaloneAdvanceTime({ node, parameters }: Call): Json {
  const { seconds } = parameters
  if (typeof seconds !== 'number' || !Number.isInteger(seconds))
    throw invalidParameters("Invalid field 'seconds'.")
  try {
    node.advanceTime(seconds)
  } catch (error) {
    throw invalidParameters((error as Error).message)
  }
  return {}
}
