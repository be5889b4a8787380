/**
 * account_lines: what an account holds and owes in issued currencies. Testing.
 */
import { formatDecimal } from '../state/decimal.ts'
import { type End, endOf } from '../state/trust-lines.ts'
import { chooseAccount, pageOf } from './accounts.ts'
import { accountParameter, type Call, type Json } from './call.ts'

export function accountLines(call: Call): Json {
  const { choice, account } = chooseAccount(call)
  const peer = call.parameters['peer'] === undefined ? undefined : accountParameter(call.parameters, 'peer')
  const page = pageOf(call, choice, account)
  const lines = page.entries.flatMap(({ index, entry }) => {
    if (entry.LedgerEntryType !== 'RippleState') return []
    const end = endOf(index, entry, account)
    return peer === undefined || end.peer === peer ? [presentLine(end)] : []
  })
  return { account, lines, ...page.rest, ...choice.header }
}

function presentLine(end: End): Json {
  return {
    account: end.peer,
    balance: formatDecimal(end.balance),
    currency: end.currency,
    limit: formatDecimal(end.limit),
    limit_peer: formatDecimal(end.peerLimit),
    ...(end.noRipple ? { no_ripple: true } : {}),
    ...(end.peerNoRipple ? { no_ripple_peer: true } : {}),
    quality_in: 0,
    quality_out: 0,
  }
}
