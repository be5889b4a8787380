/**
 * A connector between two honest customers and others who do what they must not. Whatever these do, the honest
 * pay one another, and no balance moves but by packets that somebody fulfilled in time.
 */
import { decodePrepare, decodeReply, encodeReply } from '@hourglass/ilp'
import { FRAME_BYTES_MAX, FrameType, encodeFrame } from '@hourglass/link-btp'
import { now } from '@hourglass/sansio/io'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { AccountReport } from '../src/reports.ts'
import { Hostile, changed, garbage, messageHead, overlongPrepare, prepareTo, truncations } from './hostile.ts'
import { Peer, fulfillOf, makePrepare, rejectBy } from './peer.ts'
import { type Program, Programs, child, connectorOf } from './programs.ts'

const NOTHING = new Uint8Array(0)
const IN_FLIGHT_MAX = 100
const OWED_MAX = 1000n
const RULE = 'the honest are served, and only fulfilled packets move a balance (CONN-39, PCS-02), where'
/** Offsets in a short Prepare. */
const EXPIRES_AT = 10
const DESTINATION_AT = 60

/** A packet that was fulfilled in time. */
interface Payment {
  readonly from: string
  readonly to: string
  readonly amount: bigint
}

const programs = new Programs()
let program: Program
let alice: Peer
let bob: Peer

beforeAll(async () => {
  const limits = { balance: { max: String(OWED_MAX) }, packetsInFlightMax: IN_FLIGHT_MAX }
  const accounts = [child('alice'), child('bob'), child('mallory'), child('trudy', limits)]
  program = await programs.start(programs.file('node.json', connectorOf(accounts, './data')))
  alice = await Peer.connect('alice', program.port)
  bob = await Peer.connect('bob', program.port)
})

afterAll(async () => {
  await Promise.all([alice.close(), bob.close()])
  const { exitCode, stdout, stderr } = await program.end('SIGTERM')
  await programs.clear()
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
  // CONN-26, SEC-19: the operator hears of losses, and nobody's token stands in the log.
  expect(stdout).toContain('connector.wrong-fulfillment')
  expect(stdout).toContain('does not read')
  expect(stdout).not.toContain('hush')
})

async function accountOf(id: string): Promise<AccountReport> {
  return (await program.accounts()).get(id)!
}

/** Resolves when the connector has noticed that the peer is gone. */
async function goneFrom(id: string): Promise<void> {
  await vi.waitUntil(async () => !(await accountOf(id)).up, { timeout: 30_000 })
}

async function payBothWays(): Promise<Payment[]> {
  expect(await alice.pay('test.acme.bob', 7n)).toBe('fulfilled')
  expect(await bob.pay('test.acme.alice', 5n)).toBe('fulfilled')
  return [
    { from: 'alice', to: 'bob', amount: 7n },
    { from: 'bob', to: 'alice', amount: 5n },
  ]
}

/** Checks that the honest are served after an attack, and that only `moved`, what it returns, moved. */
async function withstand(attack: () => Promise<readonly Payment[]>): Promise<void> {
  const before = await program.accounts()
  const moved = [...(await attack()), ...(await payBothWays())]
  const after = await program.accounts()
  for (const [id, account] of before) {
    const incoming = BigInt(account.incoming) + sum(moved.filter(({ from }) => from === id))
    const outgoing = BigInt(account.outgoing) + sum(moved.filter(({ to }) => to === id))
    const balance = incoming - outgoing
    expect(after.get(id)).toMatchObject({
      incoming: String(incoming),
      outgoing: String(outgoing),
      balance: String(balance),
      receivable: String(balance > 0n ? balance : 0n),
      payable: String(balance < 0n ? -balance : 0n),
      heldIncoming: '0',
      heldOutgoing: '0',
      settled: '0',
      received: '0',
      writtenOff: '0',
    })
  }
  expect(await program.assets()).toMatchObject([{ exchange: '0', sum: '0' }])
  expect(await program.holds()).toEqual([])
  // CONN-39: what one peer does costs no other its link.
  expect({ alice: alice.ups, bob: bob.ups }).toEqual({ alice: 1, bob: 1 })
}

function sum(payments: readonly Payment[]): bigint {
  return payments.reduce((total, { amount }) => total + amount, 0n)
}

describe(`${RULE} a stranger`, () => {
  it('says a wrong token, and all refusals are alike (BTP-21, BTP-22, BTP-23)', async () => {
    await withstand(async () => {
      const { packets } = bob
      const claims = [
        ['mallory', 'wrong'],
        ['alice', 'mallory-hush'],
        ['nobody', 'mallory-hush'],
        ['mallory', ''],
      ] as const
      const refusals: unknown[] = []
      for (const [username, token] of claims) {
        const stranger = await Hostile.connect(program.port)
        stranger.authenticate(username, token)
        stranger.ask(prepareTo('test.acme.bob'))
        const frames = await stranger.hungUpOn()
        expect(frames).toMatchObject([{ type: FrameType.Error, requestId: 0, error: { code: 'F00' } }])
        refusals.push(frames[0]?.type === FrameType.Error && frames[0].error.data)
      }
      expect(new Set(refusals.map(String)).size).toBe(1)
      expect(bob.packets).toBe(packets)
      return []
    })
  })

  it('pays before it says who it is (BTP-21, BTP-23)', async () => {
    await withstand(async () => {
      const { packets } = bob
      const stranger = await Hostile.connect(program.port)
      const requestId = stranger.ask(prepareTo('test.acme.bob'))
      expect(await stranger.hungUpOn()).toMatchObject([{ type: FrameType.Error, requestId }])
      expect(bob.packets).toBe(packets)
      return []
    })
  })

  it.each([
    ['what is no HTTP', garbage(1, 1000)],
    ['HTTP that asks for no WebSocket', 'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'],
  ])('sends %s', async (_, bytes) => {
    await withstand(async () => {
      const stranger = await Hostile.dial(program.port)
      stranger.write(bytes)
      expect(await stranger.hungUpOn()).toEqual([])
      return []
    })
  })
})

describe(`${RULE} a peer sends`, () => {
  const packet = prepareTo('test.acme.bob')
  const protocolData = [{ protocolName: 'ilp', contentType: 0, data: packet }]
  const message = encodeFrame({ type: FrameType.Message, requestId: 1, protocolData })
  const tooLong = FRAME_BYTES_MAX + 1

  it.each([
    ['octets that are no WebSocket frame', garbage(2, 1000)],
    ['text (BTP-01)', Buffer.of(0x81, 0x82, 0, 0, 0, 0, 0x68, 0x69)],
    ['a message without a mask', Buffer.concat([Buffer.of(0x82, 0x02), message.subarray(0, 2)])],
    ['a message that says 10 MB (BTP-55)', messageHead(10_000_000)],
    ['64 MB in one message (BTP-55)', Buffer.concat([messageHead(64 * 2 ** 20), garbage(8, 100_000)])],
    ['a message that says 2^53 octets (BTP-55)', messageHead(2 ** 53)],
    ['a message of one octet too many (BTP-55)', Buffer.concat([messageHead(tooLong), garbage(3, tooLong)])],
  ])('%s', async (_, bytes) => {
    await withstand(async () => {
      const mallory = await Hostile.open('mallory', program.port)
      mallory.write(bytes)
      expect(await mallory.hungUpOn()).toEqual([])
      return []
    })
  })

  it('frames that cannot be read, which get no answer (BTP-04, BTP-31, BTP-56, SEC-16)', async () => {
    await withstand(async () => {
      const mallory = await Hostile.open('mallory', program.port)
      const frames = [
        ...truncations(message),
        ...[0, 3, 4, 5, 8, 255].map((type) => Buffer.from([type, ...message.subarray(1)])),
        Buffer.from('060000000184ffffffff', 'hex'),
        Buffer.from('06000000010a08ffffffffffffffff00', 'hex'),
        ...Array.from({ length: 300 }, (_, seed) => garbage(seed, 1 + seed * 7)),
      ]
      for (const frame of frames) {
        mallory.send(frame)
        expect(await mallory.settled(), Buffer.from(frame).toString('hex')).toEqual([])
      }
      for (const frame of frames.slice(0, 5)) mallory.send(frame)
      expect(await mallory.hungUpOn()).toEqual([])
      return []
    })
  })

  it('packets that are none: one F01 each (ILP-01, ILP-08, ILP-10, ILP-11, ILP-65, SEC-03, BTP-32)', async () => {
    await withstand(async () => {
      const mallory = await Hostile.open('mallory', program.port)
      const { packets } = bob
      const bodies = [
        ...truncations(packet),
        ...[0, 1, 11, 15, 255].map((type) => Buffer.from([type, ...packet.subarray(1)])),
        Buffer.from('0c84ffffffff', 'hex'),
        changed(packet, EXPIRES_AT, 'x'),
        changed(packet, EXPIRES_AT + 'YYYY'.length, '13'),
        changed(packet, DESTINATION_AT, '\u00f4'), // A "t" with its highest bit set.
        overlongPrepare(),
      ]
      const asked = bodies.map((body) => mallory.ask(body))
      const answers = await mallory.settled()
      expect(answers.map(({ requestId }) => requestId)).toEqual(asked)
      for (const { protocolData } of answers) {
        expect(decodeReply(protocolData[0]!.data)).toMatchObject({ code: 'F01', triggeredBy: 'test.acme' })
      }
      expect(bob.packets).toBe(packets)
      return []
    })
  })

  it('answers that nobody asked for, and a body above the limit of a link (BTP-30)', async () => {
    await withstand(async () => {
      const mallory = await Hostile.open('mallory', program.port)
      for (let requestId = 0; requestId < 100; requestId++) {
        mallory.answer(requestId, encodeReply(fulfillOf(makePrepare('test.acme.bob', 10n))))
      }
      expect(await mallory.settled()).toEqual([])
      const requestId = mallory.ask(garbage(5, 40_001))
      expect(await mallory.settled()).toMatchObject([{ type: FrameType.Error, requestId }])
      return []
    })
  })
})

describe(`${RULE} a peer floods`, () => {
  it('with connections, each with a packet: the newest is served (BTP-50)', async () => {
    await withstand(async () => {
      const opened = await Promise.all(
        Array.from({ length: 200 }, () => Hostile.open('mallory', program.port)),
      )
      for (const mallory of opened) mallory.ask(prepareTo('test.acme.nobody'))
      for (const mallory of opened) mallory.cut()
      await goneFrom('mallory')
      return []
    })
  })

  it('with half a message that never becomes whole', async () => {
    await withstand(async () => {
      const mallory = await Hostile.open('mallory', program.port)
      mallory.write(Buffer.concat([messageHead(FRAME_BYTES_MAX), garbage(9, FRAME_BYTES_MAX / 2)]))
      return []
    })
  })

  it('with more packets than it may have in flight: T05 (ILP-53, SEC-06)', async () => {
    await withstand(async () => {
      const trudy = await Hostile.open('trudy', program.port)
      const packets = Array.from({ length: 3 * IN_FLIGHT_MAX }, () => prepareTo('test.acme.bob.held', 0n))
      for (const packet of packets) trudy.ask(packet)
      await bob.holds(IN_FLIGHT_MAX)
      expect(new Set(await trudy.outcomes(2 * IN_FLIGHT_MAX))).toEqual(new Set(['T05']))
      const paid = await payBothWays()
      await bob.release('reject')
      expect(new Set(await trudy.outcomes(IN_FLIGHT_MAX))).toEqual(new Set(['F99']))
      return paid
    })
  })

  it('with more money than it may owe: T04 above exactly the limit (PCS-05, PCS-06, PCS-07, ILP-52)', async () => {
    await withstand(async () => {
      const trudy = await Hostile.open('trudy', program.port)
      const amount = OWED_MAX / 10n
      for (let i = 0; i < 30; i++) trudy.ask(prepareTo('test.acme.bob.held', amount))
      await bob.holds(10)
      expect(new Set(await trudy.outcomes(20))).toEqual(new Set(['T04']))
      expect(await accountOf('trudy')).toMatchObject({ balance: '0', heldIncoming: String(OWED_MAX) })
      const paid = await payBothWays()
      await bob.release('fulfill')
      expect(new Set(await trudy.outcomes(10))).toEqual(new Set(['fulfilled']))
      trudy.ask(prepareTo('test.acme.bob', 1n))
      expect(await trudy.outcomes(1)).toEqual(['T04'])
      expect(await accountOf('trudy')).toMatchObject({ balance: String(OWED_MAX), heldIncoming: '0' })
      return [...paid, { from: 'trudy', to: 'bob', amount: OWED_MAX }]
    })
  })

  it('with questions whose answers it does not read, until it is given up', async () => {
    await withstand(async () => {
      const mallory = await Hostile.open('mallory', program.port)
      expect((await accountOf('mallory')).up).toBe(true)
      // More answers than the connector keeps for one peer, and the sockets between them.
      for (let i = 0; i < 250_000; i++) mallory.ask(NOTHING, 'x')
      await goneFrom('mallory')
      mallory.cut()
      return []
    })
  })
})

describe(`${RULE} a peer with packets under way`, () => {
  it('is cut off before its own are answered: it owes what was fulfilled (PCS-03, ILP-34)', async () => {
    await withstand(async () => {
      const mallory = await Hostile.open('mallory', program.port)
      for (let i = 0; i < 20; i++) mallory.ask(prepareTo('test.acme.bob.held'))
      await bob.holds(20)
      mallory.cut()
      await goneFrom('mallory')
      const next = await Hostile.open('mallory', program.port)
      const paidMeanwhile = await payBothWays()
      await bob.release('fulfill')
      // When these are fulfilled, so was what was released before.
      const paidAfter = await payBothWays()
      expect(await next.settled()).toEqual([])
      return [...paidMeanwhile, ...paidAfter, { from: 'mallory', to: 'bob', amount: 200n }]
    })
  })

  it('is cut off before it answers: the payer hears at once, a later answer is void (BTP-51, ILP-55)', async () => {
    await withstand(async () => {
      const mallory = await Hostile.open('mallory', program.port)
      const outcome = alice.pay('test.acme.mallory', 10n)
      const { requestId, body } = await mallory.nextPacket()
      mallory.cut()
      expect(await outcome).toBe('T01')
      expect(now()).toBeLessThan(decodePrepare(body).expiresAt)
      const next = await Hostile.open('mallory', program.port)
      next.answer(requestId, encodeReply(fulfillOf(decodePrepare(body))))
      expect(await next.settled()).toEqual([])
      return []
    })
  })

  it('opens a second socket: what the first one had to answer is void (BTP-50, BTP-51)', async () => {
    await withstand(async () => {
      const mallory = await Hostile.open('mallory', program.port)
      const outcome = alice.pay('test.acme.mallory', 10n)
      const { requestId, body } = await mallory.nextPacket()
      const next = await Hostile.open('mallory', program.port)
      expect(await mallory.hungUpOn()).toEqual([])
      expect(await outcome).toBe('T01')
      expect(now()).toBeLessThan(decodePrepare(body).expiresAt)
      next.answer(requestId, encodeReply(fulfillOf(decodePrepare(body))))
      expect(await next.settled()).toEqual([])
      return []
    })
  })

  it('answers after the expiry: R00, and the late answer is void (ILP-30, ILP-31, CONN-03, CONN-04)', async () => {
    await withstand(async () => {
      const mallory = await Hostile.open('mallory', program.port)
      const outcome = alice.pay('test.acme.mallory', 10n, 3_500)
      const { requestId, body } = await mallory.nextPacket()
      expect(await outcome).toBe('R00')
      mallory.answer(requestId, encodeReply(fulfillOf(decodePrepare(body))))
      expect(await mallory.settled()).toEqual([])
      return []
    })
  })

  it('answers twice: the first answer counts (ILP-33)', async () => {
    await withstand(async () => {
      const mallory = await Hostile.open('mallory', program.port)
      const outcome = alice.pay('test.acme.mallory', 10n)
      const { requestId, body } = await mallory.nextPacket()
      const fulfill = encodeReply(fulfillOf(decodePrepare(body)))
      const reject = encodeReply(rejectBy('test.acme.mallory'))
      for (const answer of [fulfill, fulfill, reject]) mallory.answer(requestId, answer)
      expect(await outcome).toBe('fulfilled')
      const rejected = alice.pay('test.acme.mallory', 10n)
      const second = await mallory.nextPacket()
      const late = encodeReply(fulfillOf(decodePrepare(second.body)))
      for (const answer of [reject, late]) mallory.answer(second.requestId, answer)
      expect(await rejected).toBe('F99')
      expect(await mallory.settled()).toEqual([])
      return [{ from: 'alice', to: 'mallory', amount: 10n }]
    })
  })

  const fulfill = encodeReply(fulfillOf(makePrepare('test.acme.alice', 10n)))
  const hugeFulfill = Buffer.concat([Buffer.of(13, 0x82, 0x9d, 0x00), garbage(6, 0x9d00)])

  it.each<[string, string, Uint8Array]>([
    ['a fulfillment that does not fit: F05 (SEC-01, ILP-29, ILP-32, CONN-26)', 'F05', fulfill],
    ['half a fulfillment', 'T00', fulfill.subarray(0, 20)],
    ['a Fulfill above the limit of a link', 'T01', hugeFulfill],
    ['an empty packet', 'T00', NOTHING],
    ['garbage', 'T00', Buffer.concat([Buffer.of(99), garbage(7, 300)])],
    ['half a Reject', 'T00', encodeReply(rejectBy('test.acme.mallory')).subarray(0, 8)],
  ])('answers with %s', async (_, code, answer) => {
    await withstand(async () => {
      const mallory = await Hostile.open('mallory', program.port)
      const outcome = alice.pay('test.acme.mallory', 10n)
      const { requestId, body } = await mallory.nextPacket()
      mallory.answer(requestId, answer)
      expect(await outcome).toBe(code)
      expect(now()).toBeLessThan(decodePrepare(body).expiresAt)
      expect(await mallory.settled()).toEqual([])
      return []
    })
  })
})
