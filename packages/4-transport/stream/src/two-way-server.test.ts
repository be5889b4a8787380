import { type Address, PacketType, type Prepare, type Reply } from '@hourglass/ilp'
import { nodeCrypto, nodeRng } from '@hourglass/sansio/io'
import { describe, expect, it } from 'vitest'
import { StreamConnection } from './connection/connection.ts'
import type { ConnectionEvent, ConnectionInput } from './connection/face.ts'
import { StreamServer, type StreamServerInput, type StreamServerOutput } from './server.ts'
import { decodeReceipt } from './wire/receipt.ts'

const NOW = 1_700_000_000_000
const EUR = { assetCode: 'EUR', assetScale: 4 }
const WORLD = { crypto: nodeCrypto, rng: nodeRng, ...EUR }

/** A two-way server and its clients; packets and answers arrive in the order in which they were sent. */
class World {
  server = this.replica()
  readonly clients: StreamConnection[] = []
  readonly serverEvents: Exclude<StreamServerOutput, { readonly kind: 'reply' | 'prepare' }>[] = []
  readonly clientEvents: ConnectionEvent[][] = []

  /** Another process with the same secret. */
  replica(): StreamServer {
    const server = { serverSecret: new Uint8Array(32).fill(7), address: 'test.bob' as Address }
    return new StreamServer({ ...WORLD, ...server, isTwoWay: true })
  }

  connect(credentials = this.server.credentials()): number {
    const ends = { role: 'client' as const, address: `test.client${this.clients.length}` as Address }
    this.clientEvents.push([])
    return this.clients.push(new StreamConnection({ ...WORLD, ...ends, ...credentials })) - 1
  }

  hand(client: number, input: ConnectionInput): void {
    const connection = this.clients[client]!
    connection.handle(input, NOW)
    for (let output = connection.poll(); output !== undefined; output = connection.poll()) {
      if (output.kind === 'prepare') {
        const { id, prepare } = output
        const reply = this.ask(prepare)
        this.hand(client, { kind: 'reply', id, reply })
      } else if (output.kind === 'reply') this.#reply = output.reply
      else this.clientEvents[client]!.push(output)
    }
  }

  command(input: StreamServerInput): void {
    this.server.handle(input, NOW)
    this.drain()
  }

  /** The server's reply to a Prepare. */
  ask(prepare: Prepare): Reply {
    this.server.handle({ kind: 'prepare', id: 0, prepare }, NOW)
    return this.drain()!
  }

  drain(): Reply | undefined {
    let reply: Reply | undefined
    const prepares: { id: number; prepare: Prepare }[] = []
    for (let output = this.server.poll(); output !== undefined; output = this.server.poll()) {
      if (output.kind === 'reply') ({ reply } = output)
      else if (output.kind === 'prepare') prepares.push(output)
      else this.serverEvents.push(output)
    }
    for (const { id, prepare } of prepares) {
      const client = Number(prepare.destination.slice('test.client'.length))
      this.hand(client, { kind: 'prepare', id, prepare })
      this.command({ kind: 'reply', id, reply: this.#reply! })
    }
    return reply
  }

  #reply: Reply | undefined
}

describe('two-way STREAM server', () => {
  it('keeps connections apart by their tokens, and tells what the token says: STR-122, STR-123', () => {
    const world = new World()
    const [a, b] = ['a', 'b'].map((connectionTag) =>
      world.connect(world.server.credentials({ connectionTag })),
    )
    for (const [client, total] of [
      [a!, 10n],
      [b!, 20n],
    ] as const) {
      world.hand(client, { kind: 'send', streamId: world.clients[client]!.open()!, total })
    }
    const money = world.serverEvents.filter((event) => event.kind === 'money')
    expect(money).toMatchObject([
      { connectionTag: 'a', total: 10n },
      { connectionTag: 'b', total: 20n },
    ])
    expect(money[0]?.connection).not.toBe(money[1]?.connection)
  })

  it('sends money and data where its application says so: STR-43', () => {
    const world = new World()
    const client = world.connect()
    const streamId = world.clients[client]!.open()!
    world.hand(client, { kind: 'write', streamId, data: Uint8Array.of(1, 2, 3) })
    const { connection } = world.serverEvents[0]!
    expect(world.serverEvents).toMatchObject([
      { kind: 'opened', streamId },
      { kind: 'data', streamId },
    ])
    world.command({ kind: 'command', connection, command: { kind: 'send', streamId, total: 70n } })
    world.command({
      kind: 'command',
      connection,
      command: { kind: 'write', streamId, data: Uint8Array.of(4) },
    })
    const own = world.server.open(connection)!
    expect(own).toBe(2n)
    expect(world.server.writable(connection, own)).toBeGreaterThan(0)
    world.command({ kind: 'command', connection, command: { kind: 'send', streamId: own, total: 5n } })
    const totals = world.clientEvents[client]!.flatMap((event) =>
      event.kind === 'money' ? [event.total] : [],
    )
    expect(totals).toEqual([70n, 75n])
    expect(world.clientEvents[client]).toContainEqual({ kind: 'data', streamId, data: Uint8Array.of(4) })
  })

  it('puts what receipts need into the token: RCPT-11, RCPT-19', () => {
    const world = new World()
    const receipts = { nonce: nodeRng.bytes(16), secret: nodeRng.bytes(32) }
    const client = world.connect(world.server.credentials({ receipts }))
    world.hand(client, { kind: 'send', streamId: world.clients[client]!.open()!, total: 10n })
    const got = world.clientEvents[client]!.flatMap((event) =>
      event.kind === 'receipt' ? [event.receipt] : [],
    )
    expect(got.map((receipt) => decodeReceipt(receipt))).toEqual([
      { nonce: receipts.nonce, streamId: 1, totalReceived: 10n },
    ])
  })

  it('is answered for by any process with its secret, also in mid-connection: STR-04, STR-121', () => {
    const world = new World()
    const client = world.connect()
    const streamId = world.clients[client]!.open()!
    world.hand(client, { kind: 'send', streamId, total: 10n })
    world.server = world.replica()
    world.hand(client, { kind: 'send', streamId, total: 25n })
    expect(world.serverEvents.filter((event) => event.kind === 'money').map(({ amount }) => amount)).toEqual([
      10n,
      15n,
    ])
  })

  it('that is to close rejects new packets for now: STR-118', () => {
    const world = new World()
    const client = world.connect()
    world.command({ kind: 'drain' })
    world.hand(client, { kind: 'send', streamId: world.clients[client]!.open()!, total: 10n })
    expect(world.serverEvents).toEqual([])
    expect(world.ask({ ...PREPARE, destination: world.server.credentials().destination })).toMatchObject({
      type: PacketType.Reject,
      code: 'T99',
    })
  })
})

const PREPARE: Prepare = {
  amount: 1n,
  expiresAt: NOW + 1000,
  executionCondition: new Uint8Array(32),
  destination: 'test.bob' as Address,
  data: new Uint8Array(60),
}
