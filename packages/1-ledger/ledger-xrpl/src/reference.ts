/**
 * How an opening carries the face's reference: in a memo, and the beginning of it in the source tag. Layer 1.
 *
 * The memo is read for good, from the transaction. The tag stays in the channel's entry, where it tells at a look which
 * few channels may be the one that is asked for.
 */
import { decodeHex, encodeHex, encodeUtf8, readUint32 } from '@hourglass/oer'
import { type Json, objectAt, objectsAt, textAt } from './json.ts'

/** Whether that is 32 bytes in lower-case hex. */
export function isReference(text: string): boolean {
  return /^[0-9a-f]{64}$/.test(text)
}

/** Fields of a transaction. */
export interface ReferenceFields {
  readonly SourceTag: number
  readonly Memos: readonly [{ readonly Memo: { readonly MemoType: string; readonly MemoData: string } }]
}

export function encodeReference(reference: string): ReferenceFields {
  return {
    SourceTag: sourceTag(reference),
    Memos: [{ Memo: { MemoType: MEMO_TYPE, MemoData: reference.toUpperCase() } }],
  }
}

/** Undefined where no memo holds one. */
export function decodeReference(transaction: Json): string | undefined {
  for (const item of objectsAt(transaction, 'Memos')) {
    const memo = objectAt(item, 'Memo')
    const reference = textAt(memo, 'MemoData')?.toLowerCase()
    const isOurs = textAt(memo, 'MemoType')?.toUpperCase() === MEMO_TYPE
    if (isOurs && reference !== undefined && isReference(reference)) return reference
  }
  return undefined
}

/** The first four bytes, as a number. */
export function sourceTag(reference: string): number {
  return readUint32(decodeHex(reference)!, 0)
}

const MEMO_TYPE = encodeHex(encodeUtf8('interledger/channel-reference')).toUpperCase()
