/** A peer that keeps to nothing: what it says is said as it stands, down to the octets of the socket. */
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { type Socket, connect } from 'node:net'
import { PacketType, decodeReply, encodePrepare } from '@hourglass/ilp'
import { type Frame, FrameType, type ProtocolData, decodeFrame, encodeFrame } from '@hourglass/link-btp'
import { RECONCILE_PROTOCOL } from './peer-books.ts'
import { type Outcome, makePrepare } from './peer.ts'

const HOST = '127.0.0.1'
const NOTHING = new Uint8Array(0)

/**
 * A socket that says whatever it is told to. It reads only while somebody waits for what comes, so that one whom
 * nobody asks is a peer that does not read.
 */
export class Hostile {
  readonly #socket: Socket
  readonly #incoming: AsyncGenerator<Frame, undefined>
  #lastId = 0

  private constructor(socket: Socket) {
    this.#socket = socket
    this.#incoming = readFrames(socket)
  }

  /** A bare connection. */
  static async dial(port: number): Promise<Hostile> {
    const socket = connect(port, HOST).setNoDelay()
    // A reset is an end like any other.
    socket.on('error', () => undefined)
    await once(socket, 'connect')
    return new Hostile(socket)
  }

  /** A WebSocket of nobody's. */
  static async connect(port: number): Promise<Hostile> {
    const hostile = await Hostile.dial(port)
    hostile.write(UPGRADE)
    return hostile
  }

  /** An account's link. */
  static async open(id: string, port: number): Promise<Hostile> {
    const hostile = await Hostile.connect(port)
    hostile.authenticate(id, `${id}-hush`)
    await hostile.next()
    return hostile
  }

  write(bytes: string | Uint8Array): void {
    this.#socket.write(bytes)
  }

  /** Sends one binary WebSocket message. */
  send(frame: Uint8Array): void {
    this.write(Buffer.concat([messageHead(frame.length), frame]))
  }

  authenticate(username: string, token: string): void {
    const parts = [part('auth', ''), part('auth_username', username), part('auth_token', token)]
    this.send(encodeFrame({ type: FrameType.Message, requestId: 0, protocolData: parts }))
  }

  /** Sends a request and returns its id. */
  ask(body: Uint8Array, protocolName = 'ilp'): number {
    const requestId = ++this.#lastId
    const protocolData = [{ ...part(protocolName, ''), data: body }]
    this.send(encodeFrame({ type: FrameType.Message, requestId, protocolData }))
    return requestId
  }

  answer(requestId: number, body: Uint8Array): void {
    const protocolData = [{ ...part('ilp', ''), data: body }]
    this.send(encodeFrame({ type: FrameType.Response, requestId, protocolData }))
  }

  /** The next frame; undefined where the connector has hung up. Questions what became of packets are ignored. */
  async next(): Promise<Frame | undefined> {
    for (;;) {
      const { value: frame } = await this.#incoming.next()
      if (frame?.protocolData[0]?.protocolName !== RECONCILE_PROTOCOL) return frame
    }
  }

  /** The next frame, which is to bring a packet. */
  async nextPacket(): Promise<{ readonly requestId: number; readonly body: Uint8Array }> {
    const frame = await this.next()
    const body = frame?.protocolData.find(({ protocolName }) => protocolName === 'ilp')?.data
    if (frame === undefined || body === undefined) throw new Error(`no packet but ${JSON.stringify(frame)}`)
    return { requestId: frame.requestId, body }
  }

  /** What comes back for the next so many requests. */
  async outcomes(count: number): Promise<Outcome[]> {
    const outcomes: Outcome[] = []
    while (outcomes.length < count) {
      const reply = decodeReply((await this.nextPacket()).body)
      outcomes.push(reply.type === PacketType.Fulfill ? 'fulfilled' : reply.code)
    }
    return outcomes
  }

  /** Waits until the connector has read all that was sent; returns what came from it meanwhile. */
  async settled(): Promise<Frame[]> {
    const asked = this.ask(NOTHING, 'balance')
    const frames: Frame[] = []
    for (;;) {
      const frame = await this.next()
      if (frame === undefined) throw new Error('the connector hung up')
      if (frame.requestId === asked && frame.protocolData[0]?.protocolName === 'balance') return frames
      frames.push(frame)
    }
  }

  /** Waits until the connector hangs up; returns what came before. */
  async hungUpOn(): Promise<Frame[]> {
    const frames: Frame[] = []
    for (let frame = await this.next(); frame !== undefined; frame = await this.next()) frames.push(frame)
    return frames
  }

  /** Is gone at once, without a word. */
  cut(): void {
    this.#socket.resetAndDestroy()
  }
}

function part(protocolName: string, text: string): ProtocolData {
  return { protocolName, contentType: text === '' ? 0 : 1, data: Buffer.from(text) }
}

const UPGRADE = [
  'GET / HTTP/1.1',
  `Host: ${HOST}`,
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  `Sec-WebSocket-Key: ${Buffer.alloc(16).toString('base64')}`,
  '\r\n',
].join('\r\n')

/** Head of a binary WebSocket message as a client sends it, with a mask of zeros, which changes nothing. */
export function messageHead(payloadBytes: number): Buffer {
  if (payloadBytes < 126) return Buffer.of(0x82, 0x80 | payloadBytes, 0, 0, 0, 0)
  const head = Buffer.alloc(payloadBytes < 65_536 ? 8 : 14)
  head.writeUInt16BE(payloadBytes < 65_536 ? 0x82fe : 0x82ff)
  if (payloadBytes < 65_536) head.writeUInt16BE(payloadBytes, 2)
  else head.writeBigUInt64BE(BigInt(payloadBytes), 2)
  return head
}

/** The frames in what a server sends, until it hangs up. */
async function* readFrames(socket: Socket): AsyncGenerator<Frame, undefined> {
  let rest: Buffer = Buffer.alloc(0)
  let isUpgraded = false
  try {
    for await (const chunk of socket) {
      rest = Buffer.concat([rest, chunk as Buffer])
      if (!isUpgraded) {
        const end = rest.indexOf('\r\n\r\n')
        if (end === -1 || !rest.toString('latin1').startsWith('HTTP/1.1 101 ')) continue
        isUpgraded = true
        rest = rest.subarray(end + 4)
      }
      for (let message = splitMessage(rest); message !== undefined; message = splitMessage(rest)) {
        rest = message.rest
        if (message.opcode === CLOSE) return undefined
        if (message.opcode === BINARY) yield decodeFrame(message.payload)
      }
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ECONNRESET') throw error
  }
  return undefined
}

const BINARY = 2
const CLOSE = 8

/** Undefined where the first message is not whole. */
function splitMessage(bytes: Buffer): { opcode: number; payload: Buffer; rest: Buffer } | undefined {
  if (bytes.length < 2) return undefined
  const short = bytes.readUInt8(1)
  const start = short === 127 ? 10 : short === 126 ? 4 : 2
  if (bytes.length < start) return undefined
  const length =
    short === 127 ? Number(bytes.readBigUInt64BE(2)) : short === 126 ? bytes.readUInt16BE(2) : short
  if (bytes.length < start + length) return undefined
  const end = start + length
  return {
    opcode: bytes.readUInt8(0) & 0x0f,
    payload: bytes.subarray(start, end),
    rest: bytes.subarray(end),
  }
}

/** The same octets every time, which mean nothing. */
export function garbage(seed: number, length: number): Buffer {
  const blocks: Buffer[] = []
  for (let i = 0; i * 32 < length; i++) blocks.push(createHash('sha256').update(`${seed}/${i}`).digest())
  return Buffer.concat(blocks).subarray(0, length)
}

/** The beginnings of `bytes`, without its whole. */
export function truncations(bytes: Uint8Array): Uint8Array[] {
  return Array.from(bytes.keys(), (length) => bytes.subarray(0, length))
}

/** A copy with this written over it. */
export function changed(bytes: Uint8Array, at: number, text: string): Uint8Array {
  const copy = Buffer.from(bytes)
  copy.write(text, at, 'latin1')
  return copy
}

/** A Prepare whose fulfillment goes with it. */
export function prepareTo(destination: string, amount = 10n): Uint8Array {
  return encodePrepare(makePrepare(destination, amount))
}

/** A Prepare for bob with as many octets of data as our own encoder refuses to write. */
export function overlongPrepare(): Uint8Array {
  const { length } = prepareTo('test.acme.bob')
  const contents = Buffer.concat([
    prepareTo('test.acme.bob').subarray(2, length - 33),
    Buffer.of(0x82, 0x80, 0x00),
    garbage(4, 0x8000),
  ])
  return Buffer.concat([Buffer.of(12, 0x82, contents.length >> 8, contents.length & 0xff), contents])
}
