/**
 * The sending half of a connection: chooses what the next packet carries, and makes of each answer what it says.
 * Layer 4. Spec: IL-RFC 29 §3, §4, §5.
 *
 * Packets go out as long as congestion control allows and there is something to say: notices, data, money. Money
 * waits for a quote. What the other end's limits hold back is asked for again every `BLOCKED_MS`.
 */
import { ErrorCode, PacketType, type Reject, type Reply, errorClass } from '@hourglass/ilp'
import type { Instant } from '@hourglass/sansio'
import { Congestion } from '../congestion/congestion.ts'
import { PACKET_LIFETIME_MS } from '../defaults.ts'
import { StreamErrorCode } from '../error-code.ts'
import { type Answer, type Outstanding, SendingEnd } from '../sending-end.ts'
import { NO_PROGRESS_MS } from '../spending.ts'
import type { StreamPacket } from '../wire/packet.ts'
import { type Contents, NOTHING, type Sent, type StreamSegment, framesOfContents } from './contents.ts'
import { hear, hearCloses } from './hearing.ts'
import { Payer } from './payer.ts'
import { hearReceipts } from './receipts.ts'
import type { Shared } from './shared.ts'

/** Octets of data in one packet: with all that may be said beside it, it fits a Prepare (STR-10). */
const DATA_BYTES_PER_PACKET = 24_000
/** How long this end waits before it asks again whether a limit still holds. */
export const BLOCKED_MS = 1000
/** A connection that has something to say and gets nothing through for so long ends. */
const SILENCE_MS = 3 * NO_PROGRESS_MS

export class Outgoing {
  readonly #shared: Shared
  readonly #congestion = new Congestion()
  readonly #payer: Payer
  readonly #sent = new Map<number, Sent>()
  #end: SendingEnd | undefined
  #lastId = 0
  #blockedUntil: Instant = 0
  #isBlocked = false
  /** When the other end last spoke, or waiting for it began; nobody waits while there is nothing to say. */
  #heardAt: Instant = 0
  #isWaiting = false
  #isClosed = false

  constructor(shared: Shared) {
    this.#shared = shared
    this.#payer = new Payer(shared, this.#congestion)
  }

  /** Whether every packet is answered, and the goodbye said. */
  get isOver(): boolean {
    return this.#isClosed
  }

  get payer(): Payer {
    return this.#payer
  }

  nextTimeout(): Instant | undefined {
    // What is out when the end comes is answered by its link.
    if (this.#shared.ending !== undefined) return undefined
    const times = [
      this.#congestion.pausedUntil,
      this.#isBlocked ? this.#blockedUntil : undefined,
      this.#isWaiting ? this.#heardAt + SILENCE_MS : undefined,
      this.#payer.patienceEnds,
    ].filter((time) => time !== undefined)
    return times.length === 0 ? undefined : Math.min(...times)
  }

  timeout(now: Instant): void {
    this.#payer.checkProgress(now)
    if (!this.#isWaiting || now < this.#heardAt + SILENCE_MS) return
    this.#shared.end(StreamErrorCode.InternalError, 'nobody answers', false)
  }

  /** Sends what may be sent now. */
  advance(now: Instant): void {
    const shared = this.#shared
    if (shared.ending !== undefined) return this.#finish(now)
    if (shared.destination === undefined) return
    this.#payer.prepare(now)
    while (this.#congestion.allowsPacket(now)) {
      const contents = this.#next(now)
      if (contents === undefined) {
        if (this.#sent.size === 0) this.#isWaiting = false
        return
      }
      this.#send(contents, now)
    }
  }

  reply(id: number, reply: Reply, now: Instant): void {
    const sent = this.#take(id)
    if (sent === undefined) return
    const answer = this.#end!.check(sent.outstanding, reply)
    if (answer.packet !== undefined) this.#hear(answer.packet, now)
    this.#account(sent, reply, answer, now)
    if (answer.isFulfilled) this.#acknowledge(sent)
    else this.#again(sent.contents)
  }

  /** The link has no answer. */
  failed(id: number, isLost: boolean, now: Instant): void {
    const sent = this.#take(id)
    if (sent === undefined) return
    const { contents, outstanding } = sent
    if (contents.spending === undefined) this.#congestion.unanswered(outstanding, now)
    else this.#payer.failed(contents, outstanding, isLost, now)
    this.#again(contents)
  }

  #take(id: number): Sent | undefined {
    const sent = this.#sent.get(id)
    this.#sent.delete(id)
    return sent
  }

  /** STR-38: only authentic words count. */
  #hear({ frames }: StreamPacket, now: Instant): void {
    const shared = this.#shared
    this.#heardAt = now
    shared.isPathProven = true
    const violation = hear(frames, shared)
    if (violation !== undefined) shared.fail(violation)
    hearReceipts(frames, shared)
    hearCloses(frames, shared, true)
  }

  /** Money, and what the answer tells of the path. */
  #account({ contents, outstanding }: Sent, reply: Reply, answer: Answer, now: Instant): void {
    if (contents.kind === 'money') return this.#payer.answered(contents, outstanding, { reply, answer }, now)
    if (contents.kind === 'probe') return this.#payer.probed(contents, outstanding, { reply, answer }, now)
    if (answer.isFulfilled) return this.#congestion.fulfilled(outstanding)
    const reject = reply.type === PacketType.Reject ? reply : TROUBLE
    this.#congestion.rejected(outstanding, reject, now)
    const isFinal = errorClass(reject.code) === 'final' && answer.packet === undefined
    if (isFinal) this.#shared.end(StreamErrorCode.InternalError, reject.code, false) // STR-102
  }

  /** STR-36: a Fulfill acknowledges all frames. */
  #acknowledge({ contents }: Sent): void {
    const { outputs } = this.#shared
    for (const { stream, segment } of contents.segments) {
      stream.outgoing.acknowledged(segment)
      if (stream.outgoing.isDrained) outputs.push({ kind: 'drained', streamId: stream.id })
    }
    this.#shared.said(contents.notices)
  }

  /** STR-36, STR-75: a Reject, or no answer, acknowledges none. */
  #again({ segments, notices }: Contents): void {
    for (const { stream, segment } of segments) stream.outgoing.lost(segment)
    this.#shared.notices.again(notices)
  }

  #next(now: Instant): Contents | undefined {
    const { notices, isPathProven } = this.#shared
    if (!isPathProven) return this.#tryPath()
    this.#closeStreams()
    const money = this.#payer.next()
    // No data beside a probe: ilp-protocol-stream keeps it though it rejects, and is stuck when it comes again.
    const segments = money?.kind === 'probe' ? [] : this.#nextSegments()
    if (money === undefined && segments.length === 0) this.#askBlocked(now)
    const taken = notices.take()
    if (money === undefined && segments.length === 0 && taken.length === 0) return undefined
    return { ...(money ?? NOTHING), segments, notices: taken }
  }

  /**
   * STR-48, SEC-52: a new path gets one packet at a time, without money, until the other end has answered. A client's
   * first may be a probe, since the server itself gave it the address. So what it says comes before all else.
   */
  #tryPath(): Contents | undefined {
    this.#closeStreams()
    if (this.#sent.size > 0 || !this.#hasSomethingToSay()) return undefined
    const isFirst = this.#end === undefined && this.#shared.options.role === 'client'
    const probe = isFirst ? this.#payer.next() : undefined
    return { ...(probe ?? NOTHING), notices: this.#shared.notices.take() }
  }

  #hasSomethingToSay(): boolean {
    const { streams, notices } = this.#shared
    if (!notices.isEmpty) return true
    return [...streams].some((stream) => stream.isPending || (stream.unsent > 0n && !this.#payer.isStopped))
  }

  /** STR-77: a stream says goodbye after all it had to bring. */
  #closeStreams(): void {
    for (const stream of this.#shared.streams) {
      const { closing, isClosingTold } = stream
      if (closing === undefined || isClosingTold) continue
      const isUnpaid = stream.unsent > 0n && !this.#payer.isStopped
      if (closing.code === StreamErrorCode.NoError && (isUnpaid || !stream.isSettled)) continue
      stream.isClosingTold = true
      this.#shared.notices.addOf(stream.id, 'close')
    }
  }

  #nextSegments(): StreamSegment[] {
    const { streams, data } = this.#shared
    const segments: StreamSegment[] = []
    let left = DATA_BYTES_PER_PACKET
    for (const stream of streams) {
      if (!stream.isPending || stream.isClosingTold) continue
      const before = stream.outgoing.offset
      const segment = stream.outgoing.next(left, data.peerMax - data.sent)
      if (segment === undefined) continue
      data.sent += stream.outgoing.offset - before
      left -= segment.data.length
      segments.push({ stream, segment })
      if (left === 0) break
    }
    return segments
  }

  /** STR-58, STR-69: what holds this end back is told, and told again while it lasts. */
  #askBlocked(now: Instant): void {
    const { streams, data, notices } = this.#shared
    const blocked = [...streams].filter((stream) => stream.isPending || this.#payer.isBlocked(stream))
    this.#isBlocked = blocked.length > 0 && this.#sent.size === 0
    if (!this.#isBlocked || now < this.#blockedUntil) return
    this.#blockedUntil = now + BLOCKED_MS
    for (const stream of blocked) {
      if (this.#payer.isBlocked(stream)) notices.addOf(stream.id, 'money-blocked')
      if (stream.isPending) notices.addOf(stream.id, 'data-blocked')
    }
    if (data.sent >= data.peerMax) notices.add('data-blocked')
  }

  #send(contents: Contents, now: Instant): void {
    if (!this.#isWaiting) this.#heardAt = now
    this.#isWaiting = true
    const outstanding = this.#build(contents, now)
    if (this.#end!.isWorn) this.#shared.end(StreamErrorCode.NoError, 'the keys are worn out', false)
    this.#sent.set(outstanding.id, { contents, outstanding })
    this.#congestion.sent(outstanding)
  }

  #build(contents: Contents, now: Instant): Outstanding {
    const shared = this.#shared
    const { rng, packetLifetimeMs = PACKET_LIFETIME_MS, nextId } = shared.options
    this.#end ??= new SendingEnd(rng, shared.keys, { destination: shared.destination! })
    this.#end.destination = shared.destination!
    const id = nextId === undefined ? ++this.#lastId : nextId()
    const { prepare, outstanding } = this.#end.build(id, {
      ...contents.part,
      isFulfillable: contents.kind !== 'probe' && contents.kind !== 'close',
      frames: framesOfContents(contents, shared),
      expiresAt: now + packetLifetimeMs,
    })
    shared.outputs.push({ kind: 'prepare', id, prepare })
    return outstanding
  }

  /**
   * The end of the connection: waits for what is out, then says goodbye, where that was not said to us (STR-79).
   * Nobody waits for the answer.
   */
  #finish(now: Instant): void {
    const { ending, destination, isPathProven } = this.#shared
    if (this.#sent.size > 0 || this.#isClosed) return
    this.#isClosed = true
    if (ending?.isByPeer === true || destination === undefined || !isPathProven) return
    if (this.#end !== undefined) this.#build({ ...NOTHING, kind: 'close' }, now)
  }
}

const TROUBLE: Reject = {
  code: ErrorCode.T00_INTERNAL_ERROR,
  triggeredBy: '',
  message: '',
  data: new Uint8Array(0),
}
