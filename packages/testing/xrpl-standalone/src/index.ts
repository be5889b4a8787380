export { Faults } from './faults.ts'
export { GENESIS } from './ledger/genesis.ts'
export { spawnXrplStandalone, type XrplProcess, type XrplProcessOptions } from './process.ts'
export { startXrplStandalone, type XrplStandalone, type XrplStandaloneOptions } from './standalone.ts'
