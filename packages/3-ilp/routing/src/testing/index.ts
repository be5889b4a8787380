export { anyControl, anyUpdate } from './arbitraries.ts'
export { type NetworkNode, type NetworkOptions, RouteNetwork, type Sent } from './network.ts'
