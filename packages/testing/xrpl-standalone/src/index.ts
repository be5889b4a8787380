export { Faults } from './faults.ts'
export { GENESIS } from './ledger/genesis.ts'
export { startXrplStandalone, type XrplStandalone, type XrplStandaloneOptions } from './standalone.ts'
