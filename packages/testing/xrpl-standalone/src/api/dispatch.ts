/**
 * From a request to its answer. Testing.
 */
import type { Node } from '../node.ts'
import type { Client } from '../streams/subscriptions.ts'
import { accountChannels, accountInfo, accountObjects } from './accounts.ts'
import { accountLines } from './lines.ts'
import { ApiError, type Command, type Json } from './call.ts'
import { channelAuthorize, channelVerify } from './claims.ts'
import { ledger, ledgerAccept, ledgerClosed, ledgerCurrent, ledgerEntry } from './ledgers.ts'
import { standaloneAdvanceTime, standaloneFund } from './standalone.ts'
import { fee, ping, random, serverInfo, serverState, version } from './server.ts'
import { subscribe, unsubscribe } from './subscribe.ts'
import { accountTx, submit, tx } from './transactions.ts'

const COMMANDS: Readonly<Record<string, Command>> = {
  account_channels: accountChannels,
  account_info: accountInfo,
  account_lines: accountLines,
  account_objects: accountObjects,
  account_tx: accountTx,
  channel_authorize: channelAuthorize,
  channel_verify: channelVerify,
  fee,
  ledger,
  ledger_accept: ledgerAccept,
  ledger_closed: ledgerClosed,
  ledger_current: ledgerCurrent,
  ledger_entry: ledgerEntry,
  ping,
  random,
  server_info: serverInfo,
  server_state: serverState,
  standalone_advance_time: standaloneAdvanceTime,
  standalone_fund: standaloneFund,
  submit,
  subscribe,
  tx,
  unsubscribe,
  version,
}

/** Version 3 is the server's own experiment. */
const API_VERSION_MAX = 2

/** Answers one request; never throws on anything a client sent. */
export function answer(node: Node, client: Client, request: Json): Json {
  const { command, id, api_version: version } = request
  const head = {
    ...(id === undefined ? {} : { id }),
    ...(version === undefined ? {} : { api_version: version }),
  }
  try {
    const result = run(node, client, request)
    const told = node.faults.tamper?.(String(command), result) ?? result
    return { ...head, result: told, status: 'success', type: 'response' }
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    return { ...head, ...error.describe(), request: masked(request), status: 'error', type: 'response' }
  }
}

function run(node: Node, client: Client, request: Json): Json {
  const { command, api_version: version = 1 } = request
  if (typeof version !== 'number' || !Number.isInteger(version) || version < 1 || version > API_VERSION_MAX) {
    throw new ApiError('invalid_API_version')
  }
  const handler =
    typeof command === 'string' && Object.hasOwn(COMMANDS, command) ? COMMANDS[command] : undefined
  if (handler === undefined) throw new ApiError('unknownCmd')
  return handler({ node, client, parameters: request, version })
}

const SECRETS = ['secret', 'seed', 'seed_hex', 'passphrase']

function masked(request: Json): Json {
  const shown = Object.entries(request).map(([name, value]) => [
    name,
    SECRETS.includes(name) ? '<masked>' : value,
  ])
  return Object.fromEntries(shown) as Json
}
