export { PluginSettlement } from './plugin-settlement.ts'
export type { PluginAction, PluginEvent } from './session.ts'
