export { decodeChannelId, encodeChannelId, type ChannelId } from './channel-id.ts'
export { XrplClaimScheme, type XrplClaimSchemeOptions } from './claim-scheme.ts'
export type { Curves, KeyPair } from './curves.ts'
export { NATIVE } from './pay-channel.ts'
