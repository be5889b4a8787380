/** Invoices without a signature, as a model node makes them. Testing. Spec: BOLT 11, BIP 173. */
import { checksumOf } from '../wire/bolt11.ts'

const CHARSET = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l'

export function encodeInvoice(hash: Uint8Array, amountMsat: bigint): string {
  const prefix = `lnbcrt${amountMsat * 10n}p`
  let bits = ''
  for (const byte of hash) bits += byte.toString(2).padStart(8, '0')
  const groups = bits
    .padEnd(52 * 5, '0')
    .match(/.{5}/g)!
    .map((group) => Number.parseInt(group, 2))
  const field = [1, 1, 20, ...groups]
  const data = [...new Array<number>(7).fill(0), ...field, ...new Array<number>(104).fill(0)]
  const checksum = checksumOf(prefix, [...data, 0, 0, 0, 0, 0, 0]) ^ 1
  const end = [25, 20, 15, 10, 5, 0].map((shift) => (checksum >>> shift) & 31)
  return `${prefix}1${[...data, ...end].map((group) => CHARSET[group]).join('')}`
}
