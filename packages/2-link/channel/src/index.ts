export { CHANNEL_PROTOCOL, ChannelSettlement } from './channel-settlement.ts'
export type { ChannelOptions } from './options.ts'
