/**
 * What the ledger's results mean for an action, for people and for programs. Layer 1.
 * Spec: XRP Ledger, transaction results; the codes are those that a channel's transactions were seen to bring.
 */
import type { LedgerRefusal } from '@hourglass/ledger'

export interface ResultMeaning {
  readonly refusal: LedgerRefusal
  /** For people. */
  readonly message: string
}

const MONEY = 'insufficient-funds'
const NONE = 'no-channel'
const RULES = 'refused'

const MEANINGS: Readonly<Record<string, readonly [LedgerRefusal, string]>> = {
  tecUNFUNDED: [MONEY, 'the account holds too little for this beside its reserve'],
  tecUNFUNDED_PAYMENT: [MONEY, 'more than the account, or the channel, can pay'],
  tecINSUFFICIENT_RESERVE: [MONEY, 'the account holds too little for the reserve of one more object'],
  tecINSUFF_FEE: [MONEY, 'the account cannot pay the fee'],
  terINSUF_FEE_B: [MONEY, 'the account cannot pay the fee'],
  tecNO_DST: [RULES, 'the destination is no account on this ledger'],
  tecNO_DST_INSUF_XRP: [RULES, 'the destination is no account yet, and this is too little to make it one'],
  tecDST_TAG_NEEDED: [RULES, 'the destination wants a destination tag'],
  tecNO_PERMISSION: [RULES, 'the ledger does not permit this account to do that'],
  tecNO_TARGET: [NONE, 'there is no such channel any more'],
  tecNO_ENTRY: [NONE, 'there is no such channel any more'],
  tecEXPIRED: [RULES, 'its time has passed'],
  tecPATH_DRY: [RULES, 'no trust line carries that payment'],
  tecPATH_PARTIAL: [RULES, 'the trust lines do not carry all of that payment'],
  tecNO_LINE: [RULES, 'the destination does not trust the issuer'],
  tecNO_AUTH: [RULES, 'the issuer has not authorized the trust line'],
  tecFROZEN: [RULES, 'the issuer has frozen that asset'],
  temBAD_SIGNATURE: [RULES, 'the claim is not signed for this'],
  temBAD_SIGNER: [RULES, 'the claim is signed by a key that is not the channel’s'],
  temBAD_AMOUNT: [RULES, 'that is no amount that the ledger takes'],
  temBAD_EXPIRATION: [RULES, 'that is no time at which a channel can end'],
  temDST_IS_SRC: [RULES, 'source and destination are the same account'],
  temREDUNDANT: [RULES, 'source and destination are the same account'],
  temMALFORMED: [RULES, 'the ledger cannot read the transaction'],
  temDISABLED: [RULES, 'the ledger does not know such transactions'],
  tefBAD_AUTH: [RULES, 'the key does not sign for this account'],
  tefMASTER_DISABLED: [RULES, 'the account’s master key is disabled'],
  tefNO_AUTH_REQUIRED: [RULES, 'the account asks for no authorization'],
  terNO_ACCOUNT: [MONEY, 'the account does not exist on this ledger'],
}

/** The meaning of a result that is not a success. One that we do not know is a refusal that names itself. */
export function meaningOf(result: string): ResultMeaning {
  const known = MEANINGS[result]
  if (known === undefined) return { refusal: RULES, message: `the ledger says ${result}` }
  return { refusal: known[0], message: `${known[1]} (${result})` }
}

/**
 * Whether a server's first word on a transaction says that it will never be taken, by any server. Words on a
 * sequence number or a ledger passed are none: they are also said of what has happened already.
 */
export function isHopeless(result: string): boolean {
  return result.startsWith('tem') || HOPELESS.has(result)
}

const HOPELESS: ReadonlySet<string> = new Set(['tefBAD_AUTH', 'tefMASTER_DISABLED', 'invalidTransaction'])
