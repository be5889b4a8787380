export { JournalStore } from './journal-store.ts'
export { loadPlugin } from './load.ts'
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
export { PluginError, type PluginErrorCode } from './plugin-error.ts'
export { type RunPluginOptions, type RunningPlugin, runPlugin } from './run-plugin.ts'
