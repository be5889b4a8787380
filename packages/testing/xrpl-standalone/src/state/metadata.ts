/**
 * What a transaction did, as the server writes it down: AffectedNodes. Testing.
 *
 * Threading: an entry that is changed remembers the transaction that did it, and an account remembers each
 * transaction that creates or deletes something with it as a party, though its own fields stay as they were.
 */
import type { Entry } from './entries.ts'
import { accountIndex } from './indexes.ts'
import type { Change, View } from './view.ts'

export type Fields = Readonly<Record<string, unknown>>

export interface AffectedNode {
  LedgerEntryType: string
  LedgerIndex: string
  NewFields?: Fields
  FinalFields?: Fields
  PreviousFields?: Fields
  PreviousTxnID?: string
  PreviousTxnLgrSeq?: number
}

export type NodeKind = 'CreatedNode' | 'ModifiedNode' | 'DeletedNode'

export type AffectedNodeOfKind = Readonly<Partial<Record<NodeKind, AffectedNode>>>

export interface Metadata {
  readonly AffectedNodes: readonly AffectedNodeOfKind[]
  readonly TransactionIndex: number
  readonly TransactionResult: string
  readonly delivered_amount?: unknown
}

/** The transaction that the nodes are threaded to. */
export interface Thread {
  readonly hash: string
  readonly ledgerIndex: number
}

/** Lists what changed in a view, by index, and threads the entries in it to the transaction. */
export function affectedNodes(view: View, thread: Thread): AffectedNodeOfKind[] {
  const nodes = new Map<string, AffectedNodeOfKind>()
  const changes = [...view.changes].filter(([, change]) => isRealChange(change))
  for (const [index, change] of changes) nodes.set(index, describe(index, change))
  for (const [index, change] of changes) {
    if (change.kind !== 'deleted') threadEntry(view, nodes, index, thread)
    if (change.kind !== 'modified') threadParties(view, nodes, change.after, thread)
  }
  return [...nodes].sort(([left], [right]) => (left < right ? -1 : 1)).map(([, node]) => node)
}

function isRealChange(change: Change): boolean {
  return change.kind !== 'modified' || changedFields(change.before!, change.after).length > 0
}

function describe(index: string, change: Change): AffectedNodeOfKind {
  const head = { LedgerEntryType: change.after.LedgerEntryType, LedgerIndex: index }
  if (change.kind === 'created') return { CreatedNode: { ...head, NewFields: newFields(change.after) } }
  const previous = previousFields(change.before!, change.after)
  const rest = previous === undefined ? {} : { PreviousFields: previous }
  if (change.kind === 'deleted') {
    return { DeletedNode: { ...head, FinalFields: shownFields(change.after, NEVER_SHOWN), ...rest } }
  }
  return { ModifiedNode: { ...head, FinalFields: shownFields(change.after, SHOWN_IF_DELETED), ...rest } }
}

/** Entries that are no part of anybody's metadata, and the thread, which only a deleted entry shows. */
const NEVER_SHOWN: ReadonlySet<string> = new Set(['LedgerEntryType', 'Indexes'])
const SHOWN_IF_DELETED: ReadonlySet<string> = new Set([...NEVER_SHOWN, 'PreviousTxnID', 'PreviousTxnLgrSeq'])

function shownFields(entry: Entry, hidden: ReadonlySet<string>): Fields {
  return Object.fromEntries(Object.entries(entry).filter(([name]) => !hidden.has(name)))
}

function newFields(entry: Entry): Fields {
  const shown = Object.entries(entry).filter(
    ([name, value]) => !SHOWN_IF_DELETED.has(name) && !isDefault(value),
  )
  return Object.fromEntries(shown)
}

function isDefault(value: unknown): boolean {
  return value === 0 || value === '0'
}

/**
 * Former values of what changed. A field that is new has no former value but still counts as a change,
 * so the list may be there and empty (the server's own habit).
 */
function previousFields(before: Entry, after: Entry): Fields | undefined {
  const changed = changedFields(before, after).filter((name) => !SHOWN_IF_DELETED.has(name))
  if (changed.length === 0) return undefined
  return Object.fromEntries(Object.entries(before).filter(([name]) => changed.includes(name)))
}

function changedFields(before: Entry, after: Entry): string[] {
  const [old, now] = [new Map(Object.entries(before)), new Map(Object.entries(after))]
  const names = new Set([...old.keys(), ...now.keys()])
  return [...names].filter((name) => !isSame(old.get(name), now.get(name)))
}

function isSame(left: unknown, right: unknown): boolean {
  return left === right || JSON.stringify(left) === JSON.stringify(right)
}

function threadParties(
  view: View,
  nodes: Map<string, AffectedNodeOfKind>,
  entry: Entry,
  thread: Thread,
): void {
  for (const party of parties(entry)) threadEntry(view, nodes, accountIndex(party), thread)
}

function parties(entry: Entry): readonly string[] {
  switch (entry.LedgerEntryType) {
    case 'AccountRoot':
    case 'DirectoryNode':
      return []
    case 'PayChannel':
      return [entry.Account, entry.Destination]
    case 'Ticket':
      return [entry.Account]
    case 'RippleState':
      return [entry.LowLimit.issuer, entry.HighLimit.issuer]
  }
}

/** Lets the entry point to the transaction, and its node to the one before. */
function threadEntry(
  view: View,
  nodes: Map<string, AffectedNodeOfKind>,
  index: string,
  thread: Thread,
): void {
  const entry = view.get(index)
  if (entry === undefined || entry.PreviousTxnID === thread.hash) return
  view.put(index, { ...entry, PreviousTxnID: thread.hash, PreviousTxnLgrSeq: thread.ledgerIndex })
  const { PreviousTxnID: id, PreviousTxnLgrSeq: ledgerIndex } = entry
  if (id === undefined || ledgerIndex === undefined || /^0+$/.test(id)) return
  let node = nodes.get(index)
  if (node === undefined) {
    node = { ModifiedNode: { LedgerEntryType: entry.LedgerEntryType, LedgerIndex: index } }
    nodes.set(index, node)
  }
  const affected = (node.CreatedNode ?? node.ModifiedNode ?? node.DeletedNode)!
  affected.PreviousTxnID = id
  affected.PreviousTxnLgrSeq = ledgerIndex
}
