/**
 * Names for the places at which a connector may be killed: when, and what is half done there.
 *
 *   before.commit.*    asked for, and lost         before.wire.*   due, and lost
 *   durable.commit.*   written, and not heard of   sent.wire.*     out, by the end of the event loop's turn
 *                                                  heard.wire.*    in, and not dealt with
 *   before.ledger.*    due, and lost
 *   after.ledger.*     handed to the ledger's adapter, which has just begun
 *   heard.ledger.*     final on the ledger, and not heard of
 */
import { MessageType, decodeRecords, messageType } from '@hourglass/channel/testing'
import type { NodeInput, NodeOutput } from '@hourglass/connector'
import { PacketType } from '@hourglass/ilp'
import type { StoredRecord } from '@hourglass/journal'
import type { LedgerAction, LedgerEvent } from '@hourglass/ledger'
import { type BtpWireIn, type BtpWireOut, FrameType, decodeFrame } from '@hourglass/link-btp'
import type { Observer } from '../src/start.ts'

type Commit = Extract<NodeOutput, { kind: 'commit' }>

type CommitSubject =
  /** Packets: held, posted, voided. */
  | 'hold'
  /** The same, and a settlement that became due. */
  | 'settle'
  /** What a settlement reported as sent or received. */
  | 'settlement'
  /** The terms of a channel that is to be opened; that it is open. */
  | 'decided'
  | 'opened'
  /** A claim that is to be sent; one that came. */
  | 'claim'
  | 'received'
type WireSubject = 'prepare' | 'fulfill' | 'reject' | 'question' | 'outcome' | 'hello' | 'claim' | 'answer'
type LedgerSubject = 'open' | 'fund' | 'redeem'

/** All places, by what they are about. Nobody has to pass those of channels who settles nothing. */
export const POINTS: Readonly<Record<'packets' | 'opening' | 'paying' | 'paid', readonly string[]>> = {
  packets: [
    ...pointsOf('commit', ['before', 'durable'], ['hold']),
    ...pointsOf('wire', ['before', 'sent', 'heard'], ['prepare', 'fulfill', 'question', 'outcome']),
  ],
  /** Each is passed once in the life of a channel, in this order. */
  opening: [
    ...pointsOf('commit', ['before', 'durable'], ['decided']),
    ...pointsOf('ledger', ['before', 'after', 'heard'], ['open']),
    ...pointsOf('commit', ['before', 'durable'], ['opened']),
  ],
  paying: [
    ...pointsOf('commit', ['before', 'durable'], ['settle', 'claim', 'settlement']),
    ...pointsOf('wire', ['before', 'sent', 'heard'], ['hello']),
    ...pointsOf('wire', ['before', 'sent'], ['claim']),
    ...pointsOf('wire', ['heard'], ['answer']),
    ...pointsOf('ledger', ['before', 'after', 'heard'], ['fund']),
  ],
  paid: [
    ...pointsOf('wire', ['heard'], ['claim']),
    ...pointsOf('commit', ['before', 'durable'], ['received', 'settlement']),
    ...pointsOf('wire', ['before', 'sent'], ['answer']),
    ...pointsOf('ledger', ['before', 'after', 'heard'], ['redeem']),
  ],
}

export const ALL_POINTS: ReadonlySet<string> = new Set(Object.values(POINTS).flat())

function pointsOf(
  kind: 'commit' | 'wire' | 'ledger',
  stages: readonly string[],
  subjects: readonly (CommitSubject | WireSubject | LedgerSubject)[],
): string[] {
  return subjects.flatMap((subject) => stages.map((stage) => `${stage}.${kind}.${subject}`))
}

/** Calls `pass` with the name of each place as the connector comes by. */
export class Points implements Observer {
  readonly #pass: (point: string) => void
  /** What the commits under way keep, and the actions under way do. */
  readonly #commits = new Map<number, string>()
  readonly #actions = new Map<string, string>()
  /** Since the connector's last commit a settlement has become due. */
  #isSettling = false

  constructor(pass: (point: string) => void) {
    this.#pass = pass
  }

  input(input: NodeInput): void {
    switch (input.kind) {
      case 'committed':
        return this.#pass(`durable.commit.${this.#commits.get(input.id)!}`)
      case 'wire': {
        const wire = input.wire as BtpWireIn
        if (wire.kind === 'frame') this.#pass(`heard.wire.${subjectOfFrame(wire.bytes)}`)
        return
      }
      case 'ledger': {
        const event = input.event as LedgerEvent
        if (event.kind === 'channel') return this.#pass('heard.ledger.channel')
        return this.#pass(`heard.ledger.${this.#actions.get(`${input.account} ${event.id}`)!}`)
      }
      default:
    }
  }

  before(output: NodeOutput): void {
    const subject = this.#subjectOf(output)
    if (subject !== undefined) this.#pass(`before.${subject}`)
  }

  after(output: NodeOutput): void {
    if (output.kind === 'ledger') this.#pass(`after.ledger.${(output.action as LedgerAction).kind}`)
    const wire = output.kind === 'wire' ? (output.wire as BtpWireOut) : undefined
    if (wire?.kind !== 'frame') return
    // Sockets write when the turn ends, by an immediate that was asked for before this one.
    const point = `sent.wire.${subjectOfFrame(wire.bytes)}`
    setImmediate(() => this.#pass(point))
  }

  #subjectOf(output: NodeOutput): string | undefined {
    switch (output.kind) {
      case 'commit': {
        const subject = this.#subjectOfCommit(output)
        this.#commits.set(output.id, subject)
        return `commit.${subject}`
      }
      case 'wire': {
        const wire = output.wire as BtpWireOut
        return wire.kind === 'frame' ? `wire.${subjectOfFrame(wire.bytes)}` : undefined
      }
      case 'ledger': {
        const { id, kind } = output.action as LedgerAction
        this.#actions.set(`${output.account} ${id}`, kind)
        return `ledger.${kind}`
      }
      case 'trace':
        if (output.event === 'connector.settlement-due') this.#isSettling = true
        return undefined
      case 'left':
        return undefined
    }
  }

  #subjectOfCommit({ records }: Commit): CommitSubject | 'other' {
    const stored = records.filter((record): record is StoredRecord => record.value !== undefined)
    const account = stored[0]?.key.split('/')[1] ?? ''
    if (stored[0]?.key.startsWith('channel/') === true) {
      if (!stored[0].key.endsWith('/outgoing')) return 'received'
      const { terms, channelId, claim } = decodeRecords(account, stored).outgoing
      if (claim !== undefined) return 'claim'
      return channelId !== undefined ? 'opened' : terms !== undefined ? 'decided' : 'other'
    }
    const isSettling = this.#isSettling
    this.#isSettling = false
    if (isSettling) return 'settle'
    return stored.some(({ key }) => key.startsWith('settlement/')) ? 'settlement' : 'hold'
  }
}

function subjectOfFrame(bytes: Uint8Array): WireSubject | 'other' {
  const { type, protocolData } = decodeFrame(bytes)
  const part = protocolData[0]
  const isAnswer = type === FrameType.Response
  switch (part?.protocolName) {
    case 'ilp':
      if (part.data[0] === PacketType.Prepare) return 'prepare'
      return part.data[0] === PacketType.Fulfill ? 'fulfill' : 'reject'
    case 'reconcile':
      return isAnswer ? 'outcome' : 'question'
    case 'channel':
      return subjectOfChannel(part.data)
    default:
      return 'other'
  }
}

function subjectOfChannel(message: Uint8Array): 'hello' | 'claim' | 'answer' | 'other' {
  switch (messageType(message)) {
    case MessageType.Hello:
      return 'hello'
    case MessageType.Claim:
      return 'claim'
    case MessageType.Answer:
      return 'answer'
    default:
      return 'other'
  }
}
