/**
 * account_info, account_objects, account_channels. Testing.
 */
import { decodeAccountPublic, encodeAccountPublic } from 'ripple-address-codec'
import { AccountFlag, type AccountFlagName, type AccountRoot, type Entry, hasFlag } from '../state/entries.ts'
import { ownedIndexes } from '../state/directory.ts'
import { accountIndex } from '../state/indexes.ts'
import { readAccount } from '../state/view.ts'
import {
  accountParameter,
  ApiError,
  type Call,
  invalidParameters,
  type Json,
  limitParameter,
} from './call.ts'
import { type Choice, chooseLedger } from './ledger-choice.ts'

export function accountInfo(call: Call): Json {
  const choice = chooseLedger(call)
  const address = accountParameter(call.parameters, 'account', choice.header)
  const account = readAccount(choice.state, address)
  if (account === undefined) throw new ApiError('actNotFound', { account: address, ...choice.header })
  const queue = call.parameters['queue'] === true ? { queue_data: { txn_count: 0 } } : {}
  // No account has a list of signers here; version 1 puts it inside, version 2 beside.
  const signers = call.parameters['signer_lists'] === true ? { signer_lists: [] } : {}
  const [inside, beside] = call.version === 1 ? [signers, {}] : [{}, signers]
  return {
    account_data: { ...account, index: accountIndex(address), ...inside },
    account_flags: namedFlags(account),
    ...queue,
    ...beside,
    ...choice.header,
  }
}

/** Shown by everybody's account_info, in this order. */
const SHOWN_FLAGS: readonly AccountFlagName[] = [
  ...(['allowTrustLineClawback', 'allowTrustLineLocking', 'defaultRipple', 'depositAuth'] as const),
  ...(['disableMasterKey', 'disallowIncomingCheck', 'disallowIncomingNFTokenOffer'] as const),
  ...(['disallowIncomingPayChan', 'disallowIncomingTrustline', 'disallowIncomingXRP'] as const),
  ...(['globalFreeze', 'noFreeze', 'passwordSpent', 'requireAuthorization'] as const),
]

function namedFlags(account: AccountRoot): Json {
  const named = SHOWN_FLAGS.map((name) => [name, hasFlag(account, AccountFlag[name])] as const)
  return {
    ...Object.fromEntries(named),
    requireDestinationTag: hasFlag(account, AccountFlag.requireDestinationTag),
  }
}

/** Names of types in the API, and in the ledger; of some this ledger never has any. */
const TYPE_NAMES: ReadonlyMap<unknown, string> = new Map([
  ['check', 'Check'],
  ['deposit_preauth', 'DepositPreauth'],
  ['escrow', 'Escrow'],
  ['nft_offer', 'NFTokenOffer'],
  ['nft_page', 'NFTokenPage'],
  ['offer', 'Offer'],
  ['payment_channel', 'PayChannel'],
  ['signer_list', 'SignerList'],
  ['state', 'RippleState'],
  ['ticket', 'Ticket'],
])

export function accountObjects(call: Call): Json {
  const { choice, account } = chooseAccount(call)
  const { type } = call.parameters
  const wanted = TYPE_NAMES.get(type)
  if (type !== undefined && wanted === undefined) throw invalidParameters("Invalid field 'type'.")
  const page = pageOf(call, choice, account)
  const entries = page.entries.filter(({ entry }) => wanted === undefined || entry.LedgerEntryType === wanted)
  const objects = entries.map(({ index, entry }) => ({ ...entry, index }))
  return { account, account_objects: objects, ...page.rest, ...choice.header }
}

/** Channels that the account is the source of; a destination finds its own by account_objects. */
export function accountChannels(call: Call): Json {
  const { choice, account } = chooseAccount(call)
  const { destination_account: destination } = call.parameters
  if (destination !== undefined) accountParameter(call.parameters, 'destination_account')
  const page = pageOf(call, choice, account)
  const channels = page.entries.flatMap(({ index, entry }) => {
    if (entry.LedgerEntryType !== 'PayChannel' || entry.Account !== account) return []
    if (destination !== undefined && entry.Destination !== destination) return []
    return [presentChannel(index, entry)]
  })
  return { account, channels, ...page.rest, ...choice.header }
}

function presentChannel(index: string, channel: Extract<Entry, { LedgerEntryType: 'PayChannel' }>): Json {
  const optional = {
    expiration: channel.Expiration,
    cancel_after: channel.CancelAfter,
    source_tag: channel.SourceTag,
    destination_tag: channel.DestinationTag,
  }
  return {
    account: channel.Account,
    amount: channel.Amount,
    balance: channel.Balance,
    channel_id: index,
    destination_account: channel.Destination,
    public_key: encodeAccountPublic(Buffer.from(channel.PublicKey, 'hex')),
    public_key_hex: channel.PublicKey,
    settle_delay: channel.SettleDelay,
    ...Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)),
  }
}

export function chooseAccount(call: Call): { choice: Choice; account: string } {
  const choice = chooseLedger(call)
  const account = accountParameter(call.parameters)
  if (readAccount(choice.state, account) === undefined) throw new ApiError('actNotFound')
  return { choice, account }
}

interface Page {
  readonly entries: readonly { readonly index: string; readonly entry: Entry }[]
  /** `limit` and `marker`, where the list was cut. */
  readonly rest: Json
}

/** A marker is the last index shown, and a hint after it. */
const INDEX_DIGITS = 64

/** `limit` counts what the account owns, whatever the type: a page may be empty and not the last. */
export function pageOf(call: Call, choice: Choice, account: string): Page {
  const limit = limitParameter(call.parameters)
  const indexes = ownedIndexes(choice.state, account)
  const { marker } = call.parameters
  const start =
    marker === undefined
      ? 0
      : indexes.indexOf(typeof marker === 'string' ? marker.slice(0, INDEX_DIGITS) : '') + 1
  if (marker !== undefined && start === 0) throw invalidParameters("Invalid field 'marker'.")
  const shown = indexes.slice(start, start + limit)
  const entries = shown.map((index) => ({ index, entry: choice.state.get(index)! }))
  const isCut = start + limit < indexes.length
  return { entries, rest: isCut ? { limit, marker: `${shown.at(-1)!},0` } : {} }
}

/** Keys come as hex or, in base 58, with a checksum. Undefined for neither. */
export function publicKeyHex(text: string): string | undefined {
  if (/^(ED|02|03)[0-9A-F]{64}$/i.test(text)) return text.toUpperCase()
  try {
    return Buffer.from(decodeAccountPublic(text)).toString('hex').toUpperCase()
  } catch {
    return undefined
  }
}
