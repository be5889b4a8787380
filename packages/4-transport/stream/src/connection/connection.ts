/**
 * One end of one connection: money and data, on many streams, both ways. Layer 4. Spec: IL-RFC 29.
 *
 *   Prepare → incoming → Reply            streams, limits, totals are shared        outgoing → Prepare
 *                                                                                   outgoing ← Reply
 *
 * Both ends are the same machine; they differ in the ids of their streams and in who knows the other's address.
 */
import { ErrorCode, PacketType, type Prepare, type Reply } from '@hourglass/ilp'
import type { Instant, Machine } from '@hourglass/sansio'
import { StreamErrorCode } from '../error-code.ts'
import type { StreamPacket } from '../wire/packet.ts'
import type { ConnectionCommand, ConnectionInput, ConnectionOptions, ConnectionOutput } from './face.ts'
import { Incoming } from './incoming.ts'
import { Outgoing } from './outgoing.ts'
import { MESSAGE_LENGTH_MAX, Shared } from './shared.ts'
import type { Stream } from './stream.ts'

export class StreamConnection implements Machine<ConnectionInput, ConnectionOutput> {
  readonly #shared: Shared
  readonly #incoming: Incoming
  #outgoing: Outgoing | undefined
  #isClosed = false
  #isClosing = false

  constructor(options: ConnectionOptions) {
    this.#shared = new Shared(options)
    this.#incoming = new Incoming(this.#shared)
    // STR-112: a client says where it is reached, and what it holds, before anything else.
    if (options.role === 'client') {
      this.#shared.notices.add('address')
      this.#shared.notices.add('asset')
    }
  }

  /** Money that came in, on all streams. */
  get received(): bigint {
    return this.#shared.received
  }

  /** Whether it takes and sends nothing more. */
  get isEnding(): boolean {
    return this.#shared.ending !== undefined
  }

  /** Opens a stream; undefined where the other end does not take another one yet: it is asked to (STR-58). */
  open(): bigint | undefined {
    const stream = this.#isClosing || this.isEnding ? undefined : this.#shared.streams.open()
    if (stream === undefined) this.#shared.notices.add('stream-id-blocked')
    return stream?.id
  }

  /** Octets that may be written to a stream now. */
  writable(streamId: bigint): number {
    return this.#shared.streams.find(streamId)?.outgoing.writable ?? 0
  }

  /** What a Prepare holds; undefined where it is not of this connection. */
  openPacket({ data }: Prepare): StreamPacket | undefined {
    const packet = this.#shared.keys.openPacket(data)
    return packet?.type === PacketType.Prepare ? packet : undefined // STR-16, X-STR5
  }

  handle(input: ConnectionInput, now: Instant): void {
    switch (input.kind) {
      case 'prepare':
        this.receive(input.id, input.prepare, this.openPacket(input.prepare), now)
        return
      case 'reply':
        this.#outgoing?.reply(input.id, input.reply, now)
        break
      case 'failed':
        this.#outgoing?.failed(input.id, input.isLost, now)
        break
      case 'timeout':
        this.#outgoing?.timeout(now)
        break
      default:
        this.#command(input)
    }
    this.#advance(now)
  }

  poll(): ConnectionOutput | undefined {
    return this.#shared.outputs.shift()
  }

  nextTimeout(): Instant | undefined {
    return this.#isClosed ? undefined : this.#outgoing?.nextTimeout()
  }

  /** Answers a Prepare that has been opened already; undefined: it did not open. */
  receive(id: number, prepare: Prepare, packet: StreamPacket | undefined, now: Instant): void {
    const reply = this.#answer(prepare, packet, now)
    this.#tellClosed()
    this.#shared.outputs.push({ kind: 'reply', id, reply })
    this.#advance(now)
  }

  #answer(prepare: Prepare, packet: StreamPacket | undefined, now: Instant): Reply {
    if (packet === undefined) return this.#reject(ErrorCode.F06_UNEXPECTED_PAYMENT) // STR-29
    // STR-116: too late to be of use to whoever sent it on.
    if (prepare.expiresAt <= now) return this.#reject(ErrorCode.R00_TRANSFER_TIMED_OUT)
    return this.#incoming.answer(prepare, packet)
  }

  /** STR-119: the message says nothing. */
  #reject(code: string): Reply {
    const triggeredBy = this.#shared.address ?? ''
    return { type: PacketType.Reject, code, triggeredBy, message: '', data: NOTHING }
  }

  #command(command: ConnectionCommand): void {
    if (command.kind === 'close')
      return this.#close(command.code ?? StreamErrorCode.NoError, command.message ?? '')
    if (command.kind === 'move') {
      this.#shared.address = command.address
      return this.#shared.notices.add('address')
    }
    const stream = this.#shared.streams.find(command.streamId)
    if (stream !== undefined) this.#commandStream(command, stream)
  }

  #commandStream(command: Exclude<ConnectionCommand, { kind: 'close' | 'move' }>, stream: Stream): void {
    const { notices } = this.#shared
    switch (command.kind) {
      case 'send':
        if (stream.closing === undefined) stream.sendMax = command.total
        this.#outgoing?.payer.ask()
        break
      case 'receive':
        if (command.max > stream.receiveMax) stream.receiveMax = command.max // STR-65
        notices.addOf(stream.id, 'max-money')
        break
      case 'write':
        if (stream.closing === undefined) stream.outgoing.write(command.data)
        break
      case 'read':
        this.#shared.read(stream, command.bytes)
        break
      case 'closeStream':
        this.#closeStream(stream, command.code ?? StreamErrorCode.NoError, command.message ?? '')
        break
    }
  }

  #close(code: number, message: string): void {
    if (code !== StreamErrorCode.NoError) return this.#shared.end(code, message, false)
    this.#isClosing = true
    for (const stream of this.#shared.streams) this.#closeStream(stream, code, message)
  }

  #closeStream(stream: Stream, code: number, message: string): void {
    stream.closing ??= { code, message: message.slice(0, MESSAGE_LENGTH_MAX) }
    // Who cannot send packets says it with the next reply.
    if (this.#shared.destination === undefined) this.#shared.notices.addOf(stream.id, 'close')
  }

  #advance(now: Instant): void {
    const shared = this.#shared
    if (this.#isClosed) return
    if (this.#isClosing && shared.streams.size === 0) shared.end(StreamErrorCode.NoError, '', false)
    if (shared.destination !== undefined || this.#outgoing !== undefined) {
      this.#outgoing ??= new Outgoing(shared)
      this.#outgoing.advance(now)
    }
    this.#tellClosed()
  }

  /** The last event, once every packet of ours has been answered. */
  #tellClosed(): void {
    const { ending, outputs, received: total } = this.#shared
    const isOver = this.#outgoing === undefined || this.#outgoing.isOver
    if (ending === undefined || this.#isClosed || !isOver) return
    this.#isClosed = true
    outputs.push({ kind: 'closed', ...ending, total })
  }
}

const NOTHING = new Uint8Array(0)
