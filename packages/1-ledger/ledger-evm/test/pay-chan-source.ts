/** What `src/pay-chan.generated.ts` must hold, from `contracts/PayChan.sol`. */
import { join } from 'node:path'
import { compileSolidity } from './solidity.ts'

export const GENERATED_FILE: string = join(import.meta.dirname, '../src/pay-chan.generated.ts')

export function generatePayChan(): string {
  const { abi, bytecode } = compileSolidity('contracts/PayChan.sol', true)['PayChan']!
  return [
    '// Compiled from contracts/PayChan.sol by `pnpm run compile`.',
    'export const payChanAbi = [',
    ...abi.map((item) => `  ${JSON.stringify(item)},`),
    '] as const',
    `export const payChanBytecode = '${bytecode}'`,
    '',
  ].join('\n')
}
