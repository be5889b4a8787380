/**
 * AccountSet: switches of an account. Testing.
 * Known are the switches that payments, channels and trust lines here look at; others are refused as disabled.
 */
import { AccountFlag, hasFlag, withFlag } from '../state/entries.ts'
import { readAccount, writeAccount } from '../state/view.ts'
import { addressOf } from './signature.ts'
import type { Transaction, TransactionFields } from './transaction.ts'
import type { TransactionType } from './transaction-type.ts'

interface SetFields extends TransactionFields {
  readonly SetFlag?: number
  readonly ClearFlag?: number
  /** Hex; empty takes it away. */
  readonly Domain?: string
}

/** Numbers of SetFlag and ClearFlag, and the bit each stands for. */
const SWITCHES: ReadonlyMap<number, number> = new Map([
  [1, AccountFlag.requireDestinationTag],
  [3, AccountFlag.disallowIncomingXRP],
  [4, AccountFlag.disableMasterKey],
  [8, AccountFlag.defaultRipple],
  [9, AccountFlag.depositAuth],
  [12, AccountFlag.disallowIncomingNFTokenOffer],
  [13, AccountFlag.disallowIncomingCheck],
  [14, AccountFlag.disallowIncomingPayChan],
  [15, AccountFlag.disallowIncomingTrustline],
])

const REQUIRE_DESTINATION_TAG = 0x00010000
const OPTIONAL_DESTINATION_TAG = 0x00020000
const DISALLOW_XRP = 0x00100000
const ALLOW_XRP = 0x00200000

export const accountSet: TransactionType = {
  required: [],
  optional: ['SetFlag', 'ClearFlag', 'Domain'],
  unsupported: [
    'EmailHash',
    'MessageKey',
    'NFTokenMinter',
    'TickSize',
    'TransferRate',
    'WalletLocator',
    'WalletSize',
  ],
  flags: REQUIRE_DESTINATION_TAG | OPTIONAL_DESTINATION_TAG | DISALLOW_XRP | ALLOW_XRP,

  preflight(transaction) {
    const { SetFlag: set = 0, ClearFlag: clear = 0 } = transaction.fields as SetFields
    if (set !== 0 && set === clear) return 'temINVALID_FLAG'
    const { on, off } = bits(transaction)
    if ((on & off) !== 0) return 'temINVALID_FLAG'
    return [set, clear].every((number) => number === 0 || SWITCHES.has(number)) ? 'tesSUCCESS' : 'temDISABLED'
  },

  apply({ view, transaction }) {
    const { Account: address, Domain: domain, SigningPubKey: key } = transaction.fields as SetFields
    const { Domain: former, ...account } = readAccount(view, address)!
    const { on, off } = bits(transaction)
    if ((on & AccountFlag.disableMasterKey) !== 0 && !hasFlag(account, AccountFlag.disableMasterKey)) {
      if (addressOf(key) !== address) return 'tecNEED_MASTER_KEY'
      if (account.RegularKey === undefined) return 'tecNO_ALTERNATIVE_KEY'
    }
    const kept = domain ?? former
    writeAccount(view, {
      ...account,
      Flags: withFlag(withFlag(account.Flags, on, true), off, false),
      ...(kept === undefined || kept === '' ? {} : { Domain: kept }),
    })
    return 'tesSUCCESS'
  },
}

/** What is switched on and off, by number or by the older flags. */
function bits({ fields, flags }: Transaction): { on: number; off: number } {
  const { SetFlag: set = 0, ClearFlag: clear = 0 } = fields as SetFields
  const older = (flag: number, bit: number): number => ((flags & flag) === 0 ? 0 : bit)
  return {
    on:
      (SWITCHES.get(set) ?? 0) |
      older(REQUIRE_DESTINATION_TAG, AccountFlag.requireDestinationTag) |
      older(DISALLOW_XRP, AccountFlag.disallowIncomingXRP),
    off:
      (SWITCHES.get(clear) ?? 0) |
      older(OPTIONAL_DESTINATION_TAG, AccountFlag.requireDestinationTag) |
      older(ALLOW_XRP, AccountFlag.disallowIncomingXRP),
  }
}
