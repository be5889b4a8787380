import type { ChannelState, ChannelTerms } from '@hourglass/ledger'
import { describe, expect, it } from 'vitest'
import { encodeChannelId } from './channel-id.ts'
import { AMOUNT_MAX } from './claim-scheme.ts'
import { type ChangingAction, type PlanContext, isDone, planStep } from './plan.ts'

const alice = '0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed'
const bob = '0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359'
const carol = '0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB'
const NOW = 1_000_000

const terms: ChannelTerms = {
  source: alice,
  destination: bob,
  claimKey: alice,
  asset: 'native',
  settleDelayMs: 3_600_000,
  reference: '00'.repeat(32),
}
const channelId = encodeChannelId(terms)!
const GOOD = Uint8Array.of(1)
const BAD = Uint8Array.of(0)

const open: ChannelState = {
  id: channelId,
  terms,
  deposit: 100n,
  claimed: 40n,
  closesAt: undefined,
  closed: false,
}
const closing: ChannelState = { ...open, closesAt: NOW + 1 }
const due: ChannelState = { ...open, closesAt: NOW }
const closed: ChannelState = { ...open, closed: true }

type Wanted = ChangingAction extends infer Each ? (Each extends unknown ? Omit<Each, 'id'> : never) : never

const plan = (action: Wanted, state: ChannelState | undefined, account: string): unknown => {
  const context: PlanContext = {
    account,
    now: NOW,
    verify: (id, key, _, [byte]) => id === channelId && key === alice && byte === 1,
  }
  const step = planStep({ ...action, id: 1 }, channelId, state, context)
  return step.kind === 'refused' ? step.refusal : step.kind === 'call' ? step.call : step.kind
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

it('open: opens what is not there, and leaves alone what is', () => {
  const action: Wanted = { kind: 'open', terms, deposit: 7n }
  expect(plan(action, undefined, alice)).toEqual({ name: 'open', deposit: 7n, payment: 7n })
  for (const state of [open, closing, closed]) expect(plan(action, state, alice)).toBe('reached')
  expect(plan(action, undefined, bob)).toBe('refused')
  for (const deposit of [0n, -1n, AMOUNT_MAX + 1n]) {
    expect(plan({ ...action, deposit }, undefined, alice)).toBe('refused')
  }
})

it('fund: pays what lacks of a total, and nothing where nothing lacks', () => {
  expect(plan(fund(130n), open, alice)).toEqual({ name: 'topUp', deposit: 130n, payment: 30n })
  expect(plan(fund(100n), open, alice)).toBe('reached')
  expect(plan(fund(1n), open, alice)).toBe('reached')
})

it('fund: cancels a close, with or without money', () => {
  expect(plan(fund(130n), closing, alice)).toEqual({ name: 'topUp', deposit: 130n, payment: 30n })
  expect(plan(fund(1n), closing, alice)).toEqual({ name: 'topUp', deposit: 100n, payment: 0n })
})

it('fund: is for the source of a channel that is open', () => {
  expect(plan(fund(130n), open, bob)).toBe('refused')
  expect(plan(fund(130n), closed, alice)).toBe('refused')
  expect(plan(fund(AMOUNT_MAX + 1n), open, alice)).toBe('refused')
  expect(plan(fund(130n), undefined, alice)).toBe('no-channel')
})

it('redeem: HTLA-07: claims what is signed and escrowed, by whomever, also while the channel closes', () => {
  const call = { name: 'claim', amount: 100n, signature: GOOD }
  for (const state of [open, closing, due]) {
    for (const account of [alice, bob, carol]) expect(plan(redeem(100n), state, account)).toEqual(call)
  }
  expect(plan(redeem(100n, BAD), open, bob)).toBe('refused')
  expect(plan(redeem(101n), open, bob)).toBe('refused')
  expect(plan(redeem(100n), closed, bob)).toBe('refused')
  expect(plan(redeem(100n), undefined, bob)).toBe('no-channel')
})

it('redeem: is reached where as much was claimed, whatever the signature says', () => {
  for (const state of [open, closed]) {
    for (const amount of [1n, 40n]) expect(plan(redeem(amount, BAD), state, bob)).toBe('reached')
  }
})

it('request-close: is for the source, once', () => {
  expect(plan(requestClose, open, alice)).toEqual({ name: 'requestClose' })
  for (const state of [closing, closed]) expect(plan(requestClose, state, alice)).toBe('reached')
  for (const state of [open, closed]) expect(plan(requestClose, state, bob)).toBe('refused')
  expect(plan(requestClose, undefined, alice)).toBe('no-channel')
})

it('close: is for the destination at once, and for the source when its time has come', () => {
  for (const state of [open, closing]) expect(plan(close, state, bob)).toEqual({ name: 'close' })
  for (const state of [open, closing]) expect(plan(close, state, alice)).toBe('refused')
  expect(plan(close, due, alice)).toEqual({ name: 'withdraw' })
  expect(plan(close, due, carol)).toBe('refused')
  for (const account of [alice, bob, carol]) expect(plan(close, closed, account)).toBe('reached')
  expect(plan(close, undefined, bob)).toBe('no-channel')
})

describe('isDone', () => {
  const done = (action: Wanted, state: ChannelState): boolean => isDone({ ...action, id: 1 }, state)

  it('looks at what the action was to do, and not at what was done after it', () => {
    expect(done({ kind: 'open', terms, deposit: 7n }, closed)).toBe(true)
    expect(done(fund(100n), closing)).toBe(true)
    expect(done(fund(101n), open)).toBe(false)
    expect(done(redeem(40n), closed)).toBe(true)
    expect(done(redeem(41n), open)).toBe(false)
    expect([open, closing, closed].map((state) => done(requestClose, state))).toEqual([false, true, true])
    expect([open, closing, closed].map((state) => done(close, state))).toEqual([false, false, true])
  })
})
