/** Connecting, and what is said when it does not work. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Ledger } from '@hourglass/ledger'
import {
  XrplError,
  type XrplErrorCode,
  type XrplOptions,
  connectXrpl,
  keyPairOf,
} from '@hourglass/ledger-xrpl/io'
import { encodeHex } from '@hourglass/oer'
import { UsageError } from '@hourglass/sansio'
import { ADDRESSES, Rig, SECRETS } from './rig.ts'

let rig: Rig
let options: XrplOptions

beforeAll(async () => {
  rig = await Rig.start({ networkId: 4242 })
  options = { url: rig.server.url, secret: SECRETS.alice, patienceMs: 300 }
})
afterAll(() => rig.stop())

async function using(changes: Partial<XrplOptions>, test: (ledger: Ledger) => unknown): Promise<void> {
  const ledger = await connectXrpl({ ...options, ...changes })
  try {
    await test(ledger)
  } finally {
    await ledger.close()
  }
}

async function failing(changes: Partial<XrplOptions>): Promise<{ code: XrplErrorCode; message: string }> {
  const error: unknown = await connectXrpl({ ...options, ...changes }).then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(XrplError)
  return error as XrplError
}

describe('connectXrpl', () => {
  it('names ledger and account, and knows the scale of XRP', async () => {
    await using({ networkId: 4242 }, (ledger) => {
      expect(ledger.name).toBe('xrpl:4242')
      expect(ledger.account).toBe(ADDRESSES.alice)
      expect(ledger.scheme.claimKey).toMatch(/^ed[0-9a-f]{64}$/)
      expect(ledger.assetScale('native')).toBe(6)
      expect(() => ledger.assetScale('USD')).toThrow(UsageError)
    })
  })

  it('tells what the account holds beyond the reserve that every account has', async () => {
    await using({}, async (ledger) => {
      expect(await ledger.balance('native')).toBe(999_000_000n)
      await expect(ledger.balance('USD')).rejects.toThrow(UsageError)
    })
  })

  it('signs claims with a key of its own, the same each time, that is not the account’s', async () => {
    for (const secret of [SECRETS.alice, SECRETS.bob]) {
      const keys = new Set([encodeHex(keyPairOf(secret).publicKey)])
      for (let times = 0; times < 2; times++)
        await using({ secret }, ({ scheme }) => keys.add(scheme.claimKey))
      expect(keys.size).toBe(2)
      expect([...keys][1]).toMatch(/^ed/)
    }
  })

  it('signs claims with another key where it is given one', async () => {
    await using({ claimSecret: SECRETS.bob }, (ledger) => {
      expect(ledger.account).toBe(ADDRESSES.alice)
      expect(ledger.scheme.claimKey).toMatch(/^0[23]/)
    })
  })

  it('signs for a network that has to be named', async () => {
    const alice = await rig.connect('alice')
    const terms = {
      source: ADDRESSES.alice,
      destination: ADDRESSES.bob,
      claimKey: alice.ledger.scheme.claimKey,
      asset: 'native',
      settleDelayMs: 60_000,
      reference: 'ab'.repeat(32),
    }
    const [end] = await Promise.all([alice.perform({ kind: 'open', terms, deposit: 1000n }), rig.settle()])
    expect(end.kind).toBe('done')
  })

  it('says where nobody answers, without what the URL keeps secret', async () => {
    const { code, message } = await failing({ url: 'ws://user:password@127.0.0.1:1/key' })
    expect(code).toBe('unreachable')
    expect(message).toMatch(/^no XRP Ledger server answers at ws:\/\/127\.0\.0\.1:1: .*ECONNREFUSED/)
  })

  it('gives up on a server that takes the line and never speaks', async () => {
    rig.server.faults.answerDelayMs = 100_000
    try {
      expect((await failing({ requestTimeoutMs: 100 })).code).toBe('unreachable')
    } finally {
      rig.server.faults.answerDelayMs = 0
    }
  })

  it('says which network it found instead', async () => {
    const { code, message } = await failing({ networkId: 0 })
    expect([code, message]).toEqual(['wrong-network', expect.stringContaining('of network 4242, not 0')])
  })

  it('says that the account does not exist yet', async () => {
    const { code, message } = await failing({ secret: SECRETS.poor })
    expect([code, message]).toEqual(['no-account', expect.stringContaining(ADDRESSES.poor)])
  })

  it('refuses malformed secrets and URLs, and repeats no secret', async () => {
    const secret = SECRETS.alice.slice(0, -1)
    const error: unknown = await connectXrpl({ ...options, secret }).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(UsageError)
    expect(String(error)).not.toContain(secret.slice(2, 12))
    await expect(connectXrpl({ ...options, claimSecret: 'key' })).rejects.toThrow(UsageError)
    for (const url of ['server', 'http://127.0.0.1:6006']) {
      await expect(connectXrpl({ ...options, url })).rejects.toThrow(UsageError)
    }
  })
})
