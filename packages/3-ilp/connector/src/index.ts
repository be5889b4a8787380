export { Account, type AccountOptions, PACKETS_IN_FLIGHT_MAX } from './account.ts'
export { BALANCE_PROTOCOL, type BalanceReply } from './balance-protocol.ts'
export { Connector } from './connector.ts'
export { EXPLAIN_PROTOCOL, type ExplainReply, explain } from './explain-protocol.ts'
export { type Limits, contradictionIn } from './limits.ts'
export {
  type ConnectorInput,
  type ConnectorOptions,
  type ConnectorOutput,
  type Decision,
  ILP_PROTOCOL,
} from './messages.ts'
export { Node, type NodeAccount, type NodeInput, type NodeOptions, type NodeOutput } from './node.ts'
export {
  type PairSpread,
  type RateOptions,
  type RateQuote,
  type RateTable,
  Rates,
  contradictionInRates,
} from './rates.ts'
export { type Ratio, divFloor, mulFloor, toRatio } from './ratio.ts'
export type { Rejection, RejectionQuery } from './rejections.ts'
export { EXPIRY_MARGIN_MS, HOLD_TIME_MS_MAX } from './rules/expiry.ts'
export type { RuleOptions } from './rules/of-account.ts'
export type { Refusal, Rule } from './rules/rule.ts'
export { type Settings, problemsIn } from './settings.ts'
