export {
  type BitcoinRegtest,
  type BitcoinRegtestOptions,
  type FeeOptions,
  type ReorganiseOptions,
  startBitcoinRegtest,
} from './regtest.ts'
