export { JournalStore } from './journal-store.ts'
export { type Carrier, LinkPlugin, type LinkPluginParts } from './link-plugin.ts'
export { loadPlugin } from './load.ts'
export { LpiError, type LpiErrorName } from './lpi-error.ts'
export type {
  ConnectOptions,
  DataHandler,
  MoneyHandler,
  Plugin,
  PluginClass,
  PluginLog,
  PluginOptions,
  PluginServices,
  PluginStore,
} from './lpi2.ts'
export type { MoneyParts } from './money.ts'
export { PluginError, type PluginErrorCode } from './plugin-error.ts'
export { type RunPluginOptions, type RunningPlugin, runPlugin } from './run-plugin.ts'
