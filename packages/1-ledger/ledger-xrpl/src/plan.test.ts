import type { ChannelTerms } from '@hourglass/ledger'
import { describe, expect, it } from 'vitest'
import { channelIndex, encodeChannelId } from './channel-id.ts'
import { DROPS_MAX } from './claim-scheme.ts'
import { NATIVE, type PayChannel } from './pay-channel.ts'
import { type Channel, type ChangingAction, isDone, planStep } from './plan.ts'
import { type AccountRoot, lackingOf } from './reserve.ts'

const alice = 'rNdqqRwdD5xVhoPds7UtojrfmJwJJsajFd'
const bob = 'rHg8iNtyVSxSwMu2UcGfRVgBJ6p55nfSKg'
const carol = 'rsrSnvGitFpAUs9AWG7pbJY2BhS3uN47iH'
const END = 1_000_000_000_000
const claimKey = `ed${'0a'.repeat(32)}`
const reference = '0123456789abcdef'.repeat(4)

const terms: ChannelTerms = {
  source: alice,
  destination: bob,
  claimKey,
  asset: NATIVE,
  settleDelayMs: 3_600_000,
  reference,
}
const id = { index: channelIndex(alice, bob, 1), creation: 'AB'.repeat(32) }
const channelId = encodeChannelId(id)
const entry: PayChannel = {
  ...terms,
  deposit: 100n,
  claimed: 40n,
  expiresAt: undefined,
  cancelsAt: undefined,
}
const open: Channel = { creation: { id, terms, ledgerIndex: 7 }, entry, closed: false }
const ending = (changes: Partial<PayChannel>): Channel => ({ ...open, entry: { ...entry, ...changes } })
const closing = ending({ expiresAt: END })
const cancelled = ending({ cancelsAt: END })
const closed: Channel = { ...open, closed: true }
const GOOD = Uint8Array.of(1)
const BAD = Uint8Array.of(0)

type Wanted = ChangingAction extends infer Each ? (Each extends unknown ? Omit<Each, 'id'> : never) : never

interface Setting {
  readonly account?: string
  readonly ledgerTime?: number
  readonly now?: number
}

/** What is sent; or in a word what else. */
function plan(action: Wanted, channel: Channel | undefined, setting: Setting = {}): unknown {
  const { account = alice, ledgerTime = 0 } = setting
  const step = planStep({ ...action, id: 1 }, channel, {
    account,
    ledgerTime,
    now: setting.now ?? ledgerTime,
    verify: (name, key, _, [byte]) => name === channelId && key === claimKey && byte === 1,
  })
  return step.kind === 'refused' ? step.refusal : step.kind === 'send' ? step.fields : step.kind
}

const fund = (deposit: bigint): Wanted => ({ kind: 'fund', channelId, deposit })
const redeem = (amount: bigint, signature = GOOD): Wanted => ({
  kind: 'redeem',
  channelId,
  amount,
  signature,
})
const requestClose: Wanted = { kind: 'request-close', channelId }
const close: Wanted = { kind: 'close', channelId }
const CLOSE = { TransactionType: 'PaymentChannelClaim', Channel: id.index, Flags: 0x20000 }
const RENEW = { ...CLOSE, Flags: 0x10000 }

describe('open', () => {
  const action: Wanted = { kind: 'open', terms, deposit: 7n }

  it('opens what is not there, and leaves alone what is', () => {
    expect(plan(action, undefined)).toMatchObject({
      TransactionType: 'PaymentChannelCreate',
      Destination: bob,
      Amount: '7',
      SettleDelay: 3600,
      PublicKey: claimKey.toUpperCase(),
      SourceTag: 0x01234567,
      Memos: [{ Memo: { MemoData: reference.toUpperCase() } }],
    })
    for (const channel of [open, closing, closed]) expect(plan(action, channel)).toBe('reached')
  })

  it('is for the source, and for what a channel can hold', () => {
    expect(plan(action, undefined, { account: bob })).toBe('refused')
    for (const deposit of [0n, -1n, DROPS_MAX + 1n]) {
      expect(plan({ ...action, deposit }, undefined)).toBe('refused')
    }
  })

  it.each<[string, Partial<ChannelTerms>]>([
    ['an asset that is not XRP', { asset: 'USD' }],
    ['a destination that is no account', { destination: 'bob' }],
    ['itself as its destination', { destination: alice }],
    ['a key of no kind', { claimKey: '0a'.repeat(33) }],
    ['a key in upper case', { claimKey: claimKey.toUpperCase() }],
    ['a reference that is too short', { reference: '0a' }],
    ['a delay that is not whole seconds', { settleDelayMs: 1500 }],
    ['a delay in the past', { settleDelayMs: -1000 }],
    ['a delay that the ledger cannot count', { settleDelayMs: 2 ** 32 * 1000 }],
  ])('knows no channel with %s', (_, changes) => {
    expect(plan({ ...action, terms: { ...terms, ...changes } }, undefined)).toBe('refused')
  })
})

describe('fund', () => {
  const TOP_UP = { TransactionType: 'PaymentChannelFund', Channel: id.index, Amount: '30' }

  it('adds what lacks of a total, and nothing where nothing lacks', () => {
    expect(plan(fund(130n), open)).toEqual(TOP_UP)
    for (const deposit of [100n, 1n]) expect(plan(fund(deposit), open)).toBe('reached')
  })

  it('withdraws a close before it adds anything, and with nothing to add', () => {
    for (const deposit of [130n, 1n]) expect(plan(fund(deposit), closing)).toEqual(RENEW)
  })

  it('cannot withdraw the end that was set at the opening, and does not try', () => {
    expect(plan(fund(130n), cancelled)).toEqual(TOP_UP)
    expect(plan(fund(1n), cancelled)).toBe('reached')
  })

  it('adds nothing to a channel that has expired', () => {
    for (const channel of [closing, cancelled]) {
      expect(plan(fund(130n), channel, { ledgerTime: END + 1000 })).toBe('refused')
    }
  })

  it('is for the source of a channel that is open', () => {
    expect(plan(fund(130n), open, { account: bob })).toBe('refused')
    expect(plan(fund(130n), closed)).toBe('refused')
    expect(plan(fund(DROPS_MAX + 1n), open)).toBe('refused')
    expect(plan(fund(130n), undefined)).toBe('no-channel')
  })
})

describe('redeem', () => {
  const CLAIM = { Channel: id.index, Balance: '100', Amount: '100', Signature: '01', Flags: 0 }

  it('HTLA-07: claims what is signed and escrowed, also while the channel closes', () => {
    for (const channel of [open, closing, cancelled]) {
      expect(plan(redeem(100n), channel, { account: bob })).toMatchObject(CLAIM)
    }
    expect(plan(redeem(100n, BAD), open, { account: bob })).toBe('refused')
    expect(plan(redeem(101n), open, { account: bob })).toBe('refused')
    expect(plan(redeem(100n), closed, { account: bob })).toBe('refused')
    expect(plan(redeem(100n), undefined, { account: bob })).toBe('no-channel')
  })

  it('tries up to the very second of the end, and not after it', () => {
    for (const channel of [closing, cancelled]) {
      expect(plan(redeem(100n), channel, { account: bob, ledgerTime: END })).toMatchObject(CLAIM)
      expect(plan(redeem(100n), channel, { account: bob, ledgerTime: END + 1000 })).toBe('refused')
    }
  })

  it('is for the destination alone', () => {
    for (const account of [alice, carol]) expect(plan(redeem(100n), open, { account })).toBe('refused')
  })

  it('is reached where as much was claimed, whatever the signature says', () => {
    for (const channel of [open, closed]) {
      for (const amount of [1n, 40n])
        expect(plan(redeem(amount, BAD), channel, { account: bob })).toBe('reached')
    }
  })
})

describe('request-close and close', () => {
  it('request-close: is for the source, once, also where the channel has an end of its own', () => {
    expect(plan(requestClose, open)).toEqual(CLOSE)
    expect(plan(requestClose, cancelled)).toEqual(CLOSE)
    for (const channel of [closing, closed]) expect(plan(requestClose, channel)).toBe('reached')
    for (const channel of [open, closed])
      expect(plan(requestClose, channel, { account: bob })).toBe('refused')
    expect(plan(requestClose, undefined)).toBe('no-channel')
  })

  it('close: is for the destination at once', () => {
    for (const channel of [open, closing, cancelled]) {
      expect(plan(close, channel, { account: bob })).toEqual(CLOSE)
    }
  })

  it('close: is for the source once the end has passed, not at its very second', () => {
    expect(plan(close, open)).toBe('refused')
    for (const channel of [closing, cancelled]) {
      expect(plan(close, channel, { ledgerTime: END - 1000 })).toBe('refused')
      expect(plan(close, channel, { ledgerTime: END })).toBe('wait')
      expect(plan(close, channel, { ledgerTime: END + 1000 })).toEqual(CLOSE)
    }
  })

  it('close: waits for the ledger’s clock where ours is ahead', () => {
    expect(plan(close, closing, { ledgerTime: END - 20_000, now: END })).toBe('wait')
  })

  it('close: is for nobody else, and is reached where it is done', () => {
    expect(plan(close, closing, { account: carol, ledgerTime: END + 1000 })).toBe('refused')
    for (const account of [alice, bob, carol]) expect(plan(close, closed, { account })).toBe('reached')
    expect(plan(close, undefined)).toBe('no-channel')
  })
})

it('isDone: looks at what the action was to do', () => {
  const done = (action: Wanted, channel: Channel): boolean => isDone({ ...action, id: 1 }, channel)
  expect(done({ kind: 'open', terms, deposit: 7n }, closed)).toBe(true)
  expect(done(fund(100n), open)).toBe(true)
  expect([done(fund(100n), closing), done(fund(101n), open)]).toEqual([false, false])
  expect([done(redeem(40n), closed), done(redeem(41n), open)]).toEqual([true, false])
  expect([open, cancelled, closing, closed].map((channel) => done(requestClose, channel))).toEqual([
    false,
    false,
    true,
    true,
  ])
  expect([open, closing, closed].map((channel) => done(close, channel))).toEqual([false, false, true])
})

describe('lackingOf', () => {
  const reserves = { reserveBaseDrops: 1000n, reserveIncrementDrops: 200n }
  const root = (balanceDrops: bigint): AccountRoot => ({ sequence: 1, balanceDrops, ownerCount: 2 })
  const lacks = (step: { escrows: bigint; opens: boolean }, balance: bigint): boolean =>
    lackingOf(step, root(balance), reserves, 10n)?.refusal === 'insufficient-funds'

  it('keeps the reserve out of what is escrowed, and one object more out of what opens a channel', () => {
    expect(lacks({ escrows: 50n, opens: false }, 1459n)).toBe(true)
    expect(lacks({ escrows: 50n, opens: false }, 1460n)).toBe(false)
    expect(lacks({ escrows: 50n, opens: true }, 1659n)).toBe(true)
    expect(lacks({ escrows: 50n, opens: true }, 1660n)).toBe(false)
  })

  it('lets fees have the reserve', () => {
    expect(lacks({ escrows: 0n, opens: false }, 9n)).toBe(true)
    expect(lacks({ escrows: 0n, opens: false }, 10n)).toBe(false)
  })
})
