/**
 * Keeps connections to the peers that were asked for, across restarts. Layer 2, io.
 *
 *   ldk/peer/NODE     where it listens
 */
import type { PeerManager } from 'lightningdevkit'
import type { JournalRecord, StoredRecord } from '@hourglass/journal'
import { Reader, Writer, decodeHex, decodeUtf8, encodeUtf8 } from '@hourglass/oer'
import type { NodeAddress } from '../../node.ts'
import type { Sockets } from './sockets.ts'

const PREFIX = 'ldk/peer/'
const RETRY_MS = 250
const RETRY_MS_MAX = 10_000

interface Wanted {
  readonly address: NodeAddress
  pauseMs: number
  notBefore: number
  isTrying: boolean
}

export class PeerKeeper {
  readonly #peers: PeerManager
  readonly #sockets: Sockets
  readonly #wanted = new Map<string, Wanted>()
  readonly #timer: NodeJS.Timeout
  #records: JournalRecord[] = []

  constructor(peers: PeerManager, sockets: Sockets) {
    this.#peers = peers
    this.#sockets = sockets
    this.#timer = setInterval(() => this.#look(), RETRY_MS)
  }

  restore(records: Iterable<StoredRecord>): void {
    for (const { key, value } of records) {
      if (!key.startsWith(PREFIX)) continue
      const reader = new Reader(value)
      const host = decodeUtf8(reader.octets())
      this.#add({ nodeId: key.slice(PREFIX.length), host, port: reader.uint16() })
    }
  }

  takeChanges(): JournalRecord[] {
    const records = this.#records
    this.#records = []
    return records
  }

  want(address: NodeAddress): void {
    const value = new Writer().octets(encodeUtf8(address.host)).uint16(address.port).finish()
    this.#records.push({ key: PREFIX + address.nodeId, value })
    this.#add(address)
    this.#look()
  }

  drop(peerId: string): void {
    if (this.#wanted.delete(peerId)) this.#records.push({ key: PREFIX + peerId, value: undefined })
    this.#peers.disconnect_by_node_id(decodeHex(peerId)!)
  }

  isWanted(peerId: string): boolean {
    return this.#wanted.has(peerId)
  }

  isConnected(peerId: string): boolean {
    return this.#peers.list_peers().some((peer) => sameId(peer.get_counterparty_node_id(), peerId))
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  #add(address: NodeAddress): void {
    this.#wanted.set(address.nodeId, { address, pauseMs: RETRY_MS, notBefore: 0, isTrying: false })
  }

  /** Tries those who are not there and whose pause is over. */
  #look(): void {
    for (const [peerId, wanted] of this.#wanted) {
      if (wanted.isTrying || wanted.notBefore > Date.now()) continue
      if (this.isConnected(peerId)) {
        wanted.pauseMs = RETRY_MS
        continue
      }
      wanted.isTrying = true
      wanted.notBefore = Date.now() + wanted.pauseMs
      wanted.pauseMs = Math.min(2 * wanted.pauseMs, RETRY_MS_MAX)
      const done = (): void => void (wanted.isTrying = false)
      this.#sockets.connect(wanted.address).then(done, done)
    }
  }
}

function sameId(id: Uint8Array, hex: string): boolean {
  return Buffer.from(id).toString('hex') === hex
}
