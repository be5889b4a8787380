/**
 * Golden exchanges with interledger-rs, which is on no registry for Node: octet by octet as its sources say that it
 * writes and reads them (crates/interledger-btp at 544b6db, of 2022-08-12: client.rs, server.rs, service.rs), and not
 * recorded from a running one. What is particular to it: it says no user name, sends packets without waiting to be
 * accepted, has a Prepare in a Response and its answer in a Message, and reads both either way.
 */
import { digestToken } from '@hourglass/link'
import { decodeHex, encodeHex } from '@hourglass/oer'
import { nodeCrypto } from '@hourglass/sansio/io'
import { describe, expect, it } from 'vitest'
import { BtpLink, type BtpLinkOptions, Credentials, ServerHandshake } from './index.ts'

const NOW = 1_900_000_000_000

const MESSAGE = '06'
const RESPONSE = '01'

/** 100 units to test.bob until 2030. */
const PREPARE = [
  ...['0c', '43', '0000000000000064', '3230333030313031303030303030303030'],
  ...['11'.repeat(32), '08', '746573742e626f62', '00'],
].join('')
const FULFILL = ['0d', '21', '22'.repeat(32), '00'].join('')
const REJECT = ['0e', '06', '463032', '00', '00', '00'].join('')

/** One entry, `ilp`, as octets; all lengths here are below 128. */
function ilpFrame(type: string, requestId: string, packet: string): string {
  const entry = `03696c7000${byte(packet.length / 2)}${packet}`
  return `${type}${requestId}${byte(2 + entry.length / 2)}0101${entry}`
}

function byte(value: number): string {
  return value.toString(16).padStart(2, '0')
}

/** `auth`, then `auth_token` with text `hush`; nothing else. */
const AUTH = '068a6ef0211a010204617574680000' + '0a617574685f746f6b656e010468757368'

/** Our link: frames in and out in hex, everything else as it comes. */
class Ours {
  readonly link: BtpLink

  constructor(options: BtpLinkOptions) {
    this.link = new BtpLink(options)
    this.link.handle({ kind: 'wire', wire: { kind: 'opened' } }, NOW)
  }

  receive(...frames: string[]): void {
    for (const hex of frames) {
      this.link.handle({ kind: 'wire', wire: { kind: 'frame', bytes: decodeHex(hex)! } }, NOW)
    }
  }

  ask(id: number): void {
    const body = decodeHex(PREPARE)!
    this.link.handle({ kind: 'request', id, protocol: 'ilp', body, deadline: NOW + 30_000 }, NOW)
  }

  answer(id: number, packet: string): void {
    this.link.handle({ kind: 'reply', id, body: decodeHex(packet)! }, NOW)
  }

  /** Frames as hex, requests and replies as their kind, id and hex. */
  take(): unknown[] {
    const taken: unknown[] = []
    for (let output = this.link.poll(); output !== undefined; output = this.link.poll()) {
      if (output.kind === 'wire') {
        if (output.wire.kind === 'frame') taken.push(encodeHex(output.wire.bytes))
      } else if ('body' in output) taken.push([output.kind, output.id, encodeHex(output.body)])
      else taken.push(output.kind)
    }
    return taken
  }
}

describe('interop: interledger-rs as client of our server, golden exchange', () => {
  it('is known by its token alone, and what it sent ahead is kept (BTP-26, X-BTP2, X-BTP5)', () => {
    const credentials = new Credentials(nodeCrypto, [
      { account: 'rust', tokenDigest: digestToken(nodeCrypto, 'hush') },
    ])
    const handshake = new ServerHandshake(NOW)
    const early = ilpFrame(RESPONSE, '00000007', PREPARE)
    for (const hex of [AUTH, early]) handshake.handle({ kind: 'frame', bytes: decodeHex(hex)! }, NOW)
    const claim = handshake.poll()
    if (claim?.kind !== 'authenticate') throw new Error(`got ${claim?.kind ?? 'nothing'}`)
    handshake.handle({ kind: 'decided', account: credentials.find(claim) }, NOW)
    // Response with no entries.
    expect(handshake.poll()).toEqual({ kind: 'frame', bytes: decodeHex('018a6ef021020100') })
    expect(handshake.poll()).toEqual({ kind: 'accepted', account: 'rust', early: [decodeHex(early)] })
  })

  it('asks in a Response and reads our answer in one (BTP-14)', () => {
    const ours = new Ours({ role: 'server' })
    ours.receive(ilpFrame(RESPONSE, '00000007', PREPARE), ilpFrame(RESPONSE, 'ffffffff', PREPARE))
    expect(ours.take()).toEqual(['up', ['request', 1, PREPARE], ['request', 2, PREPARE]])
    ours.answer(2, REJECT)
    ours.answer(1, FULFILL)
    expect(ours.take()).toEqual([
      ilpFrame(RESPONSE, 'ffffffff', REJECT),
      ilpFrame(RESPONSE, '00000007', FULFILL),
    ])
  })

  it('reads our Prepare in a Message and answers in one (BTP-14, BTP-15)', () => {
    const ours = new Ours({ role: 'server' })
    ours.ask(40)
    ours.ask(41)
    expect(ours.take()).toEqual([
      'up',
      ilpFrame(MESSAGE, '00000001', PREPARE),
      ilpFrame(MESSAGE, '00000002', PREPARE),
    ])
    ours.receive(ilpFrame(MESSAGE, '00000002', REJECT), ilpFrame(MESSAGE, '00000001', FULFILL))
    expect(ours.take()).toEqual([
      ['reply', 41, REJECT],
      ['reply', 40, FULFILL],
    ])
  })
})

describe('interop: interledger-rs as server of our client, golden exchange', () => {
  it('finds our token in the first frame, and lets us in with an empty Response (BTP-16, BTP-20)', () => {
    const ours = new Ours({ role: 'client', username: '', token: 'hush' })
    const [auth] = ours.take()
    const requestId = String(auth).slice(2, 10)
    expect(String(auth)).toContain('0a617574685f746f6b656e010468757368')
    expect(String(auth).slice(0, 2)).toBe(MESSAGE)
    ours.receive(`${RESPONSE}${requestId}020100`)
    expect(ours.take()).toEqual(['up'])
    ours.ask(1)
    const [prepare] = ours.take()
    expect(prepare).toBe(ilpFrame(MESSAGE, String(prepare).slice(2, 10), PREPARE))
    ours.receive(ilpFrame(MESSAGE, String(prepare).slice(2, 10), FULFILL))
    expect(ours.take()).toEqual([['reply', 1, FULFILL]])
  })
})
