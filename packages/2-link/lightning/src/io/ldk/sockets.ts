/**
 * TCP between nodes. Layer 2, io. Spec: BOLT 8 is LDK's; here are bytes alone.
 * What LDK sends is kept back until `takeOutgoing`, so that nothing leaves before it is durable.
 */
import { type Server, type Socket, connect, createServer } from 'node:net'
import { once } from 'node:events'
import {
  Option_SocketAddressZ as MaybeAddress,
  type PeerManager,
  Result_CVec_u8ZPeerHandleErrorZ_OK as Greeting,
  Result_boolPeerHandleErrorZ_OK as ReadOn,
  SocketDescriptor,
} from 'lightningdevkit'
import { decodeHex } from '@hourglass/oer'
import type { NodeAddress } from '../../node.ts'
import { LightningError } from '../lightning-error.ts'

/** LDK stops sending to a peer that takes no more than that, and goes on when it does. */
const OUTBOX_BYTES_MAX = 1 << 20
const CONNECT_TIMEOUT_MS = 5000

interface Line {
  readonly socket: Socket
  readonly descriptor: SocketDescriptor
  /** What waits to be written. */
  outbox: Uint8Array[]
  outboxBytes: number
  isFull: boolean
}

export class Sockets {
  readonly #peers: PeerManager
  readonly #kick: () => void
  readonly #lines = new Map<bigint, Line>()
  #server: Server | undefined
  #lastId = 0n

  /** `kick` is called whenever LDK has something to do. */
  constructor(peers: PeerManager, kick: () => void) {
    this.#peers = peers
    this.#kick = kick
  }

  /** Where it listens. */
  async listen(host: string, port: number): Promise<number> {
    const server = createServer((socket) => {
      const line = this.#add(socket)
      const isTaken = this.#peers.new_inbound_connection(line.descriptor, MaybeAddress.constructor_none())
      if (!isTaken.is_ok()) this.#drop(line)
    })
    server.listen(port, host)
    try {
      await once(server, 'listening')
    } catch (error) {
      const { message } = error as Error
      throw new LightningError('unusable', `cannot listen: ${message}`, { cause: error })
    }
    this.#server = server
    return (server.address() as { port: number }).port
  }

  /** Begins a connection; it counts once both have proved who they are. */
  async connect({ nodeId, host, port }: NodeAddress): Promise<void> {
    const socket = connect({ host, port })
    try {
      await once(socket, 'connect', { signal: AbortSignal.timeout(CONNECT_TIMEOUT_MS) })
    } catch (error) {
      socket.destroy()
      const { message } = error as Error
      throw new LightningError('unavailable', `no node at ${host}:${port}: ${message}`, { cause: error })
    }
    const line = this.#add(socket)
    const none = MaybeAddress.constructor_none()
    const greeting = this.#peers.new_outbound_connection(decodeHex(nodeId)!, line.descriptor, none)
    if (greeting instanceof Greeting) socket.write(greeting.res)
    else this.#drop(line)
    this.#kick()
  }

  /** All that LDK has sent since it was asked last, to be called when it may leave; undefined: nothing. */
  takeOutgoing(): (() => void) | undefined {
    const batches: { id: bigint; bytes: Uint8Array }[] = []
    for (const [id, line] of this.#lines) {
      if (line.outbox.length === 0) continue
      batches.push({ id, bytes: Buffer.concat(line.outbox, line.outboxBytes) })
      line.outbox = []
      line.outboxBytes = 0
    }
    if (batches.length === 0) return undefined
    return () => {
      for (const { id, bytes } of batches) {
        // Where the socket takes all at once, it never tells that it has drained.
        if (this.#lines.get(id)?.socket.write(bytes) === true) this.#drained(id)
      }
    }
  }

  close(): void {
    this.#server?.close()
    for (const { socket } of this.#lines.values()) socket.destroy()
    this.#lines.clear()
  }

  #add(socket: Socket): Line {
    const id = ++this.#lastId
    socket.setNoDelay(true)
    const descriptor = SocketDescriptor.new_impl({
      send_data: (data, isReading) => this.#send(id, data, isReading),
      disconnect_socket: () => void socket.destroy(),
      eq: (other) => other.hash() === id,
      hash: () => id,
    })
    const line: Line = { socket, descriptor, outbox: [], outboxBytes: 0, isFull: false }
    this.#lines.set(id, line)
    socket.on('data', (bytes) => this.#read(id, bytes))
    socket.on('drain', () => this.#drained(id))
    socket.on('error', () => void socket.destroy())
    socket.on('close', () => {
      // Once for each connection, and never for one that LDK did not take.
      if (this.#lines.delete(id)) this.#peers.socket_disconnected(descriptor)
      this.#kick()
    })
    return line
  }

  #drop(line: Line): void {
    for (const [id, { socket }] of this.#lines) if (socket === line.socket) this.#lines.delete(id)
    line.socket.destroy()
  }

  /** Called by LDK: how many bytes it takes. */
  #send(id: bigint, data: Uint8Array, isReading: boolean): number {
    const line = this.#lines.get(id)
    if (line === undefined || line.socket.destroyed) return 0
    if (isReading) line.socket.resume()
    if (data.length === 0) return 0
    if (line.outboxBytes + line.socket.writableLength > OUTBOX_BYTES_MAX) {
      line.isFull = true
      return 0
    }
    line.outbox.push(data)
    line.outboxBytes += data.length
    return data.length
  }

  #read(id: bigint, bytes: Uint8Array): void {
    const line = this.#lines.get(id)
    if (line === undefined) return
    const read = this.#peers.read_event(line.descriptor, bytes)
    if (!(read instanceof ReadOn)) line.socket.destroy()
    else if (read.res) line.socket.pause()
    this.#kick()
  }

  #drained(id: bigint): void {
    const line = this.#lines.get(id)
    if (line?.isFull !== true) return
    line.isFull = false
    if (!this.#peers.write_buffer_space_avail(line.descriptor).is_ok()) line.socket.destroy()
    this.#kick()
  }
}
