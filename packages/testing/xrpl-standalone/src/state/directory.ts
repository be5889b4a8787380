/**
 * What an account owns: pages of at most 32 indexes, linked in a ring through the root. Testing.
 * Rules of the server's ApplyView: sorted pages, a new page behind the last one, the root stays when it is empty.
 */
import type { DirectoryNode } from './entries.ts'
import { directoryPageIndex, ownerDirectoryIndex } from './indexes.ts'
import type { ReadView, View } from './view.ts'

const PAGE_MAX = 32

/** Enters an index and tells on which page, in hexadecimal. */
export function directoryInsert(view: View, owner: string, index: string): string {
  const root = ownerDirectoryIndex(owner)
  const first = readPage(view, root)
  if (first === undefined) {
    view.put(root, newPage(owner, root, index))
    return '0'
  }
  const lastNumber = first.IndexPrevious ?? '0'
  const lastIndex = directoryPageIndex(root, lastNumber)
  const last = readPage(view, lastIndex)!
  if (last.Indexes.length < PAGE_MAX) {
    view.put(lastIndex, { ...last, Indexes: [...last.Indexes, index].sort() })
    return lastNumber
  }
  const number = hex(BigInt(`0x${lastNumber}`) + 1n)
  view.put(lastIndex, { ...last, IndexNext: number })
  view.put(root, { ...readPage(view, root)!, IndexPrevious: number })
  const page = newPage(owner, root, index)
  // Page 1 lies behind the root, whose number is the default and so not written.
  view.put(
    directoryPageIndex(root, number),
    lastNumber === '0' ? page : { ...page, IndexPrevious: lastNumber },
  )
  return number
}

/** Takes an index out; a page that becomes empty goes, the root only where `keepRoot` is false. */
export function directoryRemove(view: View, owner: string, entry: DirectoryPlace, keepRoot = true): void {
  const root = ownerDirectoryIndex(owner)
  const pageIndex = directoryPageIndex(root, entry.page)
  const page = readPage(view, pageIndex)!
  const left = { ...page, Indexes: page.Indexes.filter((index) => index !== entry.index) }
  view.put(pageIndex, left)
  if (left.Indexes.length > 0) return
  if (entry.page !== '0') unlinkPage(view, root, pageIndex)
  const rest = readPage(view, root)!
  const alone = (rest.IndexNext ?? '0') === '0' && (rest.IndexPrevious ?? '0') === '0'
  if (!keepRoot && alone && rest.Indexes.length === 0) view.erase(root)
}

export interface DirectoryPlace {
  /** Of the entry that the directory lists. */
  readonly index: string
  /** In hexadecimal, as the entry itself says. */
  readonly page: string
}

function unlinkPage(view: View, root: string, pageIndex: string): void {
  const page = readPage(view, pageIndex)!
  const [previous, next] = [page.IndexPrevious ?? '0', page.IndexNext ?? '0']
  const previousIndex = directoryPageIndex(root, previous)
  view.put(previousIndex, { ...readPage(view, previousIndex)!, IndexNext: next })
  const nextIndex = directoryPageIndex(root, next)
  view.put(nextIndex, { ...readPage(view, nextIndex)!, IndexPrevious: previous })
  view.erase(pageIndex)
}

/** All indexes that an account owns, page by page. */
export function ownedIndexes(view: ReadView, owner: string): string[] {
  const root = ownerDirectoryIndex(owner)
  const found: string[] = []
  let number: string | undefined = '0'
  while (number !== undefined) {
    const page: DirectoryNode | undefined = readPage(view, directoryPageIndex(root, number))
    found.push(...(page?.Indexes ?? []))
    const next: string = page?.IndexNext ?? '0'
    number = next === '0' ? undefined : next
  }
  return found
}

function readPage(view: ReadView, index: string): DirectoryNode | undefined {
  const entry = view.get(index)
  return entry?.LedgerEntryType === 'DirectoryNode' ? entry : undefined
}

function newPage(owner: string, root: string, index: string): DirectoryNode {
  return { LedgerEntryType: 'DirectoryNode', Flags: 0, Owner: owner, RootIndex: root, Indexes: [index] }
}

function hex(page: bigint): string {
  return page.toString(16).toUpperCase()
}
