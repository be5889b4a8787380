/**
 * Trust lines: who holds how much of whose currency, seen from either end. Testing.
 *
 * One entry serves both ends; its fields are named after the account with the lower and the higher id. An end owns
 * the line, which costs it a reserve, as long as anything of its side is not the default.
 */
import { add, type Decimal, formatDecimal, negate, parseDecimal } from './decimal.ts'
import { directoryInsert, directoryRemove } from './directory.ts'
import { AccountFlag, hasFlag, type RippleState, withFlag } from './entries.ts'
import { accountId, trustLineIndex } from './indexes.ts'
import { adjustOwnerCount, readAccount, type ReadView, type View } from './view.ts'

/** Stands where a balance names an issuer, as a balance has none. */
const NO_ACCOUNT = 'rrrrrrrrrrrrrrrrrrrrBZbvji'

/** Bits of RippleState.Flags, of one end. */
const LOW = { reserve: 0x00010000, noRipple: 0x00100000 } as const
const HIGH = { reserve: 0x00020000, noRipple: 0x00200000 } as const

/** A line as one end sees it. */
export interface End {
  readonly index: string
  readonly account: string
  readonly peer: string
  readonly currency: string
  /** What this end holds of the other's currency; negative where it is the other way round. */
  readonly balance: Decimal
  /** The most this end wants to hold. */
  readonly limit: Decimal
  readonly peerLimit: Decimal
  /** Nothing may pass through this end from one line to another. */
  readonly noRipple: boolean
  readonly peerNoRipple: boolean
  readonly entry: RippleState
}

function isHigh(account: string, peer: string): boolean {
  return accountId(account) > accountId(peer)
}

/** A currency as 20 bytes, hex. @param code three letters, or hex already */
export function currencyHex(code: string): string {
  if (/^[0-9A-F]{40}$/i.test(code)) return code.toUpperCase()
  return `${'0'.repeat(24)}${Buffer.from(code, 'latin1').toString('hex')}${'0'.repeat(10)}`.toUpperCase()
}

export function readEnd(view: ReadView, account: string, peer: string, currency: string): End | undefined {
  const index = trustLineIndex(account, peer, currencyHex(currency))
  const entry = view.get(index)
  return entry?.LedgerEntryType === 'RippleState' ? endOf(index, entry, account) : undefined
}

export function endOf(index: string, entry: RippleState, account: string): End {
  const high = entry.HighLimit.issuer === account
  const [mine, other] = high ? [entry.HighLimit, entry.LowLimit] : [entry.LowLimit, entry.HighLimit]
  const [myBits, otherBits] = high ? [HIGH, LOW] : [LOW, HIGH]
  const balance = parseDecimal(entry.Balance.value)
  return {
    index,
    account,
    peer: other.issuer,
    currency: entry.Balance.currency,
    balance: high ? negate(balance) : balance,
    limit: parseDecimal(mine.value),
    peerLimit: parseDecimal(other.value),
    noRipple: hasFlag(entry, myBits.noRipple),
    peerNoRipple: hasFlag(entry, otherBits.noRipple),
    entry,
  }
}

export interface NewLine {
  readonly account: string
  readonly peer: string
  readonly currency: string
  readonly limit: Decimal
  readonly noRipple: boolean
}

/** The account trusts the peer; it owns the line. */
export function createLine(view: View, { account, peer, currency, limit, noRipple }: NewLine): void {
  const high = isHigh(account, peer)
  const [low, top] = high ? [peer, account] : [account, peer]
  const [mine, other] = high ? [HIGH, LOW] : [LOW, HIGH]
  const peerRipples = hasFlag(readAccount(view, peer)!, AccountFlag.defaultRipple)
  const index = trustLineIndex(account, peer, currencyHex(currency))
  const amount = (issuer: string, value: string): RippleState['Balance'] => ({ currency, issuer, value })
  view.put(index, {
    LedgerEntryType: 'RippleState',
    Balance: amount(NO_ACCOUNT, '0'),
    Flags: mine.reserve | (noRipple ? mine.noRipple : 0) | (peerRipples ? 0 : other.noRipple),
    HighLimit: amount(top, high ? formatDecimal(limit) : '0'),
    LowLimit: amount(low, high ? '0' : formatDecimal(limit)),
    LowNode: directoryInsert(view, low, index),
    HighNode: directoryInsert(view, top, index),
  })
  adjustOwnerCount(view, account, 1)
}

/** Replaces limit and flag of one end, then settles who owns the line. Returns whether that end now pays for it. */
export function changeEnd(view: View, end: End, limit: Decimal, noRipple: boolean): boolean {
  const high = isHigh(end.account, end.peer)
  const bits = high ? HIGH : LOW
  const name = high ? 'HighLimit' : 'LowLimit'
  const paid = hasFlag(end.entry, bits.reserve)
  view.put(end.index, {
    ...end.entry,
    Flags: withFlag(end.entry.Flags, bits.noRipple, noRipple),
    [name]: { ...end.entry[name], value: formatDecimal(limit) },
  })
  settleOwners(view, end.index)
  const after = view.get(end.index)
  return !paid && after?.LedgerEntryType === 'RippleState' && hasFlag(after, bits.reserve)
}

/** Moves an amount over a line from one end to the other. The sender may stop owning it, and the line may go. */
export function creditLine(view: View, sender: End, amount: Decimal): void {
  const balance = add(sender.balance, negate(amount))
  const high = isHigh(sender.account, sender.peer)
  const value = formatDecimal(high ? negate(balance) : balance)
  view.put(sender.index, { ...sender.entry, Balance: { ...sender.entry.Balance, value } })
  const crossed = sender.balance.mantissa > 0n && balance.mantissa <= 0n
  if (crossed && isDefaultEnd(view, { ...sender, balance })) dropOwner(view, sender.index, high)
}

/** An end is the default's where it asks for nothing, holds nothing and ripples as its account does. */
function isDefaultEnd(view: ReadView, end: End): boolean {
  const ripples = hasFlag(readAccount(view, end.account)!, AccountFlag.defaultRipple)
  return end.noRipple !== ripples && end.limit.mantissa === 0n && end.balance.mantissa <= 0n
}

function settleOwners(view: View, index: string): void {
  for (const high of [false, true]) {
    const entry = view.get(index)
    if (entry?.LedgerEntryType !== 'RippleState') return
    const account = (high ? entry.HighLimit : entry.LowLimit).issuer
    const bits = high ? HIGH : LOW
    const isDefault = isDefaultEnd(view, endOf(index, entry, account))
    if (isDefault) dropOwner(view, index, high)
    else if (!hasFlag(entry, bits.reserve)) {
      view.put(index, { ...entry, Flags: withFlag(entry.Flags, bits.reserve, true) })
      adjustOwnerCount(view, account, 1)
    }
  }
}

/** One end stops paying for the line; a line that nobody pays for and that holds nothing is deleted. */
function dropOwner(view: View, index: string, high: boolean): void {
  const entry = view.get(index) as RippleState
  const bits = high ? HIGH : LOW
  const flags = withFlag(entry.Flags, bits.reserve, false)
  if (flags !== entry.Flags) {
    adjustOwnerCount(view, (high ? entry.HighLimit : entry.LowLimit).issuer, -1)
    view.put(index, { ...entry, Flags: flags })
  }
  const owned = (flags & (LOW.reserve | HIGH.reserve)) !== 0
  if (owned || parseDecimal(entry.Balance.value).mantissa !== 0n) return
  directoryRemove(view, entry.LowLimit.issuer, { index, page: entry.LowNode }, false)
  directoryRemove(view, entry.HighLimit.issuer, { index, page: entry.HighNode }, false)
  view.erase(index)
}
