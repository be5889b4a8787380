/**
 * Where an entry lies in the state: SHA-512Half of a space and what names the entry. Testing.
 */
import { createHash } from 'node:crypto'
import { decodeAccountID } from 'ripple-address-codec'

/** First half of SHA-512, upper-case hex, over pieces of hex. */
export function sha512Half(...hex: readonly string[]): string {
  const digest = createHash('sha512')
    .update(Buffer.from(hex.join(''), 'hex'))
    .digest('hex')
  return digest.slice(0, 64).toUpperCase()
}

const ZERO_INDEX = '0'.repeat(64)

export function isZeroIndex(index: string): boolean {
  return index === ZERO_INDEX
}

export function isIndex(text: unknown): text is string {
  return typeof text === 'string' && /^[0-9A-Fa-f]{64}$/.test(text)
}

const ACCOUNT_IDS_MAX = 10_000
const accountIds = new Map<string, string>()

/** The 20 bytes of an address, as hex. Addresses recur, and checking one costs two hashes, hence the table. */
export function accountId(address: string): string {
  const known = accountIds.get(address)
  if (known !== undefined) return known
  const id = Buffer.from(decodeAccountID(address)).toString('hex').toUpperCase()
  if (accountIds.size >= ACCOUNT_IDS_MAX) accountIds.clear()
  accountIds.set(address, id)
  return id
}

function uint32(value: number): string {
  return value.toString(16).padStart(8, '0')
}

export function accountIndex(address: string): string {
  return sha512Half('0061', accountId(address))
}

export function ownerDirectoryIndex(address: string): string {
  return sha512Half('004f', accountId(address))
}

/** @param page a number in hexadecimal; page 0 is the root itself */
export function directoryPageIndex(root: string, page: string): string {
  return page === '0' ? root : sha512Half('0064', root, page.padStart(16, '0'))
}

/** @param sequence of the transaction that created it, or of its ticket */
export function payChannelIndex(source: string, destination: string, sequence: number): string {
  return sha512Half('0078', accountId(source), accountId(destination), uint32(sequence))
}

export function ticketIndex(address: string, ticketSequence: number): string {
  return sha512Half('0054', accountId(address), uint32(ticketSequence))
}

/** @param currency 20 bytes as hex */
export function trustLineIndex(one: string, other: string, currency: string): string {
  const [low, high] = [accountId(one), accountId(other)].sort()
  return sha512Half('0072', low!, high!, currency)
}
