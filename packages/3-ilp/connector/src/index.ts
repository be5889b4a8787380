export { Account, type AccountOptions, PACKETS_IN_FLIGHT_MAX, type Relation } from './account.ts'
export { BALANCE_PROTOCOL, type BalanceReply } from './balance-protocol.ts'
export { Connector, EXPIRY_MARGIN_MS, HOLD_TIME_MS_MAX } from './connector.ts'
export { type Limits, contradictionIn } from './limits.ts'
export {
  type ConnectorInput,
  type ConnectorOptions,
  type ConnectorOutput,
  type Decision,
  ILP_PROTOCOL,
} from './messages.ts'
export { Node, type NodeAccount, type NodeInput, type NodeOptions, type NodeOutput } from './node.ts'
export { type RateQuote, Rates, type Ratio, divFloor, mulFloor, toRatio } from './rates.ts'
export { RouteTable } from './routes.ts'
export type { Refusal, Rule } from './rules/rule.ts'
