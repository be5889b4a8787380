/** The compiled contract in the sources is that of `contracts/PayChan.sol`. */
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { GENERATED_FILE, generatePayChan } from './pay-chan-source.ts'

it('is what the compiler makes of the contract: after a change, run `pnpm run compile`', () => {
  expect(readFileSync(GENERATED_FILE, 'utf8')).toBe(generatePayChan())
})
