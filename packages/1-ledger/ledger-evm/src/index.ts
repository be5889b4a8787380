export { EvmClaimScheme, type EvmClaimSchemeOptions } from './claim-scheme.ts'
export { NATIVE, decodeChannelId, encodeChannelId } from './channel-id.ts'
export type { Curve, CurveSignature } from './curve.ts'
export { payChanAbi, payChanBytecode } from './pay-chan.generated.ts'
