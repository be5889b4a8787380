/**
 * subscribe, unsubscribe. Testing.
 */
import { randomBytes } from 'node:crypto'
import { isValidClassicAddress } from 'ripple-address-codec'
import { LOAD_BASE, ledgerFigures } from '../streams/publish.ts'
import { type Stream, STREAMS } from '../streams/subscriptions.ts'
import { ApiError, type Call, type Json } from './call.ts'

export function subscribe({ node, client, parameters, version }: Call): Json {
  const streams = streamsIn(parameters)
  const accounts = accountsIn(parameters, 'accounts')
  const proposed = accountsIn(parameters, 'accounts_proposed')
  const interests = node.subscriptions.of(client)
  interests.version = version
  for (const stream of streams) interests.streams.add(stream)
  for (const account of accounts) interests.accounts.add(account)
  for (const account of proposed) interests.accountsProposed.add(account)
  return {
    ...(streams.includes('ledger') ? ledgerFigures(node, node.seenLedger()) : {}),
    ...(streams.includes('server') ? serverFigures(node.chain.loadFactor) : {}),
  }
}

function serverFigures(loadFactor: number): Json {
  return {
    hostid: 'xrpl-standalone',
    load_base: LOAD_BASE,
    load_factor: Math.round(loadFactor * LOAD_BASE),
    random: randomBytes(32).toString('hex').toUpperCase(),
    server_status: 'full',
    stand_alone: true,
  }
}

export function unsubscribe({ node, client, parameters }: Call): Json {
  const interests = node.subscriptions.of(client)
  for (const stream of streamsIn(parameters)) interests.streams.delete(stream)
  for (const account of accountsIn(parameters, 'accounts')) interests.accounts.delete(account)
  for (const account of accountsIn(parameters, 'accounts_proposed'))
    interests.accountsProposed.delete(account)
  return {}
}

/** @throws ApiError `malformedStream` */
function streamsIn({ streams = [] }: Json): Stream[] {
  if (!Array.isArray(streams)) throw new ApiError('invalidParams')
  return streams.map((name) => {
    const stream = STREAMS.find((known) => known === name)
    if (stream === undefined) throw new ApiError('malformedStream')
    return stream
  })
}

/** @throws ApiError `actMalformed` */
function accountsIn(parameters: Json, name: string): string[] {
  const accounts = parameters[name] ?? []
  if (!Array.isArray(accounts)) throw new ApiError('invalidParams')
  if (!accounts.every((account) => isValidClassicAddress(String(account)))) throw new ApiError('actMalformed')
  return accounts as string[]
}
