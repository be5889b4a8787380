/**
 * Which ledger a request asks about. Testing.
 */
import type { ClosedLedger } from '../ledger/closed-ledger.ts'
import type { ReadView } from '../state/view.ts'
import { ApiError, type Call, type Json } from './call.ts'

export interface Choice {
  readonly state: ReadView
  /** Undefined: the open ledger. */
  readonly closed: ClosedLedger | undefined
  /** What the answer says about it. */
  readonly header: Json
}

/** Default: the open ledger. @throws ApiError `lgrNotFound` | `invalidParams` */
export function chooseLedger({ node, parameters }: Call): Choice {
  const { chain } = node
  const { ledger_hash: hash, ledger_index: index } = parameters
  if (typeof hash === 'string') return closedChoice(node, node.ledgerOf(hash.toUpperCase()))
  if (index === undefined || index === 'current') return openChoice(node)
  if (index === 'validated' || index === 'closed') return closedChoice(node, node.seenLedger())
  const number = Number(index)
  if (!Number.isInteger(number))
    throw new ApiError('invalidParams', { error_message: 'ledgerIndexMalformed' })
  const closed = node.ledgerAt(number)
  if (closed === undefined && number === chain.openIndex) return openChoice(node)
  return closedChoice(node, closed)
}

function openChoice({ chain }: Call['node']): Choice {
  const header = { ledger_current_index: chain.openIndex, validated: false }
  return { state: chain.openState, closed: undefined, header }
}

function closedChoice(node: Call['node'], ledger: ClosedLedger | undefined): Choice {
  if (ledger === undefined) throw new ApiError('lgrNotFound')
  const header = { ledger_hash: ledger.hash, ledger_index: ledger.index, validated: true }
  return { state: node.stateOf(ledger), closed: ledger, header }
}
