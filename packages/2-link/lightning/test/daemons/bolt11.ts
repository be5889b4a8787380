/** As much of an invoice as the stand-ins tell of it (BOLT 11). They do not check it: the node behind them does. */

const ALPHABET = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l'
const TIMESTAMP_GROUPS = 7
const SIGNATURE_AND_CHECKSUM_GROUPS = 104 + 6
const HASH = 1
/** Millisatoshi, times ten, to a unit of the amount. */
const TENTHS: Readonly<Record<string, bigint>> = {
  '': 10n ** 12n,
  m: 10n ** 9n,
  u: 10n ** 6n,
  n: 10n ** 3n,
  p: 1n,
}

/** Undefined where it is none. */
export function readInvoice(
  invoice: string,
): { readonly hash: string; readonly amountMsat: bigint } | undefined {
  const [, amount = '', unit = '', data] = /^lnbcrt(\d*)([munp]?)1([a-z0-9]+)$/.exec(invoice) ?? []
  if (data === undefined) return undefined
  const groups = Array.from(data, (letter) => ALPHABET.indexOf(letter))
  for (let at = TIMESTAMP_GROUPS; at < groups.length - SIGNATURE_AND_CHECKSUM_GROUPS;) {
    const length = groups[at + 1]! * 32 + groups[at + 2]!
    if (groups[at] === HASH) {
      const bits = groups.slice(at + 3, at + 3 + length).reduce((sum, group) => sum * 32n + BigInt(group), 0n)
      const hash = (bits >> BigInt(5 * length - 256)).toString(16).padStart(64, '0')
      return { hash, amountMsat: (BigInt(amount) * TENTHS[unit]!) / 10n }
    }
    at += 3 + length
  }
  return undefined
}
