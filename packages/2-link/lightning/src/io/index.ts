export { EmbeddedNode } from './ldk/embedded-node.ts'
export type { NodeOptions } from './ldk/node-parts.ts'
export { LightningError, type LightningErrorCode } from './lightning-error.ts'
