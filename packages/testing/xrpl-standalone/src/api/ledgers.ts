/**
 * ledger, ledger_closed, ledger_current, ledger_accept, ledger_entry. Testing.
 */
import { isValidClassicAddress } from 'ripple-address-codec'
import { CLOSE_RESOLUTION_S, humanTime, isoTime } from '../ledger/clock.ts'
import type { ClosedLedger } from '../ledger/closed-ledger.ts'
import { accountIndex, isIndex, ticketIndex, trustLineIndex } from '../state/indexes.ts'
import { currencyHex } from '../state/trust-lines.ts'
import { accountParameter, ApiError, type Call, invalidParameters, type Json } from './call.ts'
import { chooseLedger } from './ledger-choice.ts'
import { presentExpanded } from './present.ts'

export function ledger(call: Call): Json {
  const { closed, header } = chooseLedger(call)
  if (closed === undefined) {
    const { ledger_current_index: index } = header
    const shown = {
      closed: false,
      ledger_index: numberIn(call.version, Number(index)),
      parent_hash: call.node.seenLedger().hash,
    }
    return { ledger: shown, ...header }
  }
  return { ledger: presentLedger(call, closed), ...header }
}

function presentLedger({ parameters, version }: Call, closed: ClosedLedger): Json {
  return {
    account_hash: closed.accountHash,
    close_flags: 0,
    close_time: closed.closeTime,
    close_time_human: humanTime(closed.closeTime),
    close_time_iso: isoTime(closed.closeTime),
    close_time_resolution: CLOSE_RESOLUTION_S,
    closed: true,
    ledger_hash: closed.hash,
    ledger_index: numberIn(version, closed.index),
    parent_close_time: closed.parentCloseTime,
    parent_hash: closed.parentHash,
    total_coins: String(closed.totalCoins),
    transaction_hash: closed.transactionHash,
    ...(parameters['transactions'] === true ? { transactions: presentAll(parameters, version, closed) } : {}),
  }
}

function presentAll(parameters: Json, version: number, closed: ClosedLedger): unknown[] {
  if (parameters['expand'] !== true) return closed.transactions.map(({ transaction }) => transaction.hash)
  return closed.transactions.map((applied) => presentExpanded({ ...applied, ledger: closed }, version))
}

/** Version 1 writes a ledger's own index as text. */
function numberIn(version: number, index: number): number | string {
  return version === 1 ? String(index) : index
}

export function ledgerClosed({ node }: Call): Json {
  const { hash, index } = node.seenLedger()
  return { ledger_hash: hash, ledger_index: index }
}

export function ledgerCurrent({ node }: Call): Json {
  return { ledger_current_index: node.chain.openIndex }
}

export function ledgerAccept({ node }: Call): Json {
  node.close()
  return { ledger_current_index: node.chain.openIndex }
}

export function ledgerEntry(call: Call): Json {
  const { state, header } = chooseLedger(call)
  const index = wantedIndex(call)
  const node = state.get(index)
  if (node === undefined) throw entryNotFound(call, index, header)
  return { index, node: { ...node, index }, ...header }
}

/** The new server says more about it than the old one. */
function entryNotFound(call: Call, index: string, header: Json): ApiError {
  if (call.node.chain.rules.fixCleanup3_2_0) return new ApiError('entryNotFound', { index, ...header })
  return new ApiError('entryNotFound', { error_code: undefined, error_message: undefined, ...header })
}

function wantedIndex({ parameters }: Call): string {
  const { account_root: account, ticket, ripple_state: line } = parameters
  if (account !== undefined) return accountIndex(accountParameter(parameters, 'account_root'))
  if (isTicketName(ticket)) return ticketIndex(ticket.account, ticket.ticket_seq)
  if (isLineName(line)) return trustLineIndex(line.accounts[0], line.accounts[1], currencyHex(line.currency))
  const index = parameters['payment_channel'] ?? parameters['index'] ?? parameters['directory'] ?? ticket
  if (index === undefined) throw invalidParameters('No ledger_entry params provided.')
  if (!isIndex(index)) throw invalidParameters('Invalid field.')
  return index.toUpperCase()
}

function isTicketName(value: unknown): value is { readonly account: string; readonly ticket_seq: number } {
  if (typeof value !== 'object' || value === null || !('account' in value && 'ticket_seq' in value))
    return false
  const { account, ticket_seq: sequence } = value
  return isAddress(account) && typeof sequence === 'number' && Number.isInteger(sequence) && sequence >= 0
}

interface LineName {
  readonly accounts: readonly [string, string]
  readonly currency: string
}

function isLineName(value: unknown): value is LineName {
  if (typeof value !== 'object' || value === null || !('accounts' in value && 'currency' in value))
    return false
  const { accounts, currency } = value
  const named = Array.isArray(accounts) && accounts.length === 2 && accounts.every(isAddress)
  return named && typeof currency === 'string'
}

function isAddress(value: unknown): boolean {
  return typeof value === 'string' && isValidClassicAddress(value)
}
