/** What real servers said, as rippled 2.6.1 and xrpld 3.2.0 were recorded. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { checkTransaction } from './io/hash.ts'
import { type Json, isObject, objectAt, textAt } from './json.ts'
import { type ChannelChange, channelChanges, decodeCreation, endOf, toState } from './pay-channel.ts'
import { isHopeless, meaningOf } from './results.ts'
import { toInstant } from './time.ts'
import type { ValidatedTransaction } from './transaction.ts'

const FOLDER = '../../../testing/xrpl-standalone/test/recordings'

function stepsOf(version: string): ReadonlyMap<string, Json> {
  const text = readFileSync(new URL(`${FOLDER}/${version}.json`, import.meta.url), 'utf8')
  const { steps } = JSON.parse(text) as { steps: Json[] }
  return new Map(steps.map((step) => [textAt(step, 'name')!, step]))
}

describe.each(['rippled-2.6.1', 'xrpld-3.2.0'])('%s', (version) => {
  const steps = stepsOf(version)

  const transaction = (name: string): ValidatedTransaction => {
    const step = [...steps].find(([title]) => title.startsWith(name))![1]
    return checkTransaction(objectAt(objectAt(step, 'tx_v2'), 'result'))!
  }
  const change = (name: string): ChannelChange => channelChanges(transaction(name))[0]!

  it('transactions hash to what the server calls them, with each of their fields', () => {
    let count = 0
    for (const step of steps.values()) {
      const answer = objectAt(objectAt(step, 'tx_v2'), 'result')
      if (answer['validated'] !== true || !('tx_json' in answer) || !('ledger_index' in answer)) continue
      count++
      expect(checkTransaction(answer), textAt(step, 'name')).toBeDefined()
      const fields = objectAt(answer, 'tx_json')
      const forged = { ...answer, tx_json: { ...fields, Sequence: Number(fields['Sequence']) + 1 } }
      expect(checkTransaction(forged)).toBeUndefined()
      expect(checkTransaction({ ...answer, validated: false })).toBeUndefined()
    }
    expect(count).toBeGreaterThan(30)
  })

  it('a channel is read from the transaction that opened it', () => {
    const creation = decodeCreation(transaction('PaymentChannelCreate ok'))!
    const { index, channel } = change('PaymentChannelCreate ok')
    const state = toState(creation, channel, false)
    expect(creation.id.index).toBe(index)
    expect(state).toMatchObject({ deposit: 100_000_000n, claimed: 0n, closesAt: undefined, closed: false })
    expect(state.terms).toEqual({
      source: 'rNdqqRwdD5xVhoPds7UtojrfmJwJJsajFd',
      destination: 'rHg8iNtyVSxSwMu2UcGfRVgBJ6p55nfSKg',
      claimKey: 'ed7ddf56f60f40f9fdc953c17bceadf921449f2875b20212d7e166bdd9931742bd',
      asset: 'native',
      settleDelayMs: 5000,
      // Its opening carries no reference of ours.
      reference: creation.id.creation.toLowerCase(),
    })
  })

  it('changes of a channel are read from metadata: payment, funding, a close asked for and withdrawn', () => {
    expect(change('Claim ok: bob claims 10')).toMatchObject({
      kind: 'modified',
      channel: { claimed: 10_000_000n },
    })
    expect(change('Fund ok')).toMatchObject({ channel: { deposit: 150_000_000n, claimed: 15_000_000n } })
    expect(change('Source asks to close (tfClose)').channel.expiresAt).toBeTypeOf('number')
    expect(change('Source renews').channel.expiresAt).toBeUndefined()
  })

  it('a deletion shows the channel at its end, whoever caused it', () => {
    expect(change('After Expiration: source closes')).toMatchObject({
      kind: 'deleted',
      channel: { deposit: 150_000_000n, claimed: 40_000_000n },
    })
    expect(change('Destination claims 7 and closes')).toMatchObject({
      kind: 'deleted',
      channel: { claimed: 7_000_000n },
    })
    const touched = change('Stranger touches channel past CancelAfter')
    expect(touched).toMatchObject({ kind: 'deleted', channel: { claimed: 0n, expiresAt: undefined } })
    expect(endOf(touched.channel)).toBe(touched.channel.cancelsAt)
  })

  it('an opening with CancelAfter shows its end from the beginning', () => {
    const { channel } = change('Create #4 with CancelAfter')
    expect(endOf(channel)).toBeGreaterThan(toInstant(0))
  })

  it('each result of a refused transaction has a sentence of its own, but those that say nothing of the action', () => {
    const silent = new Set(['tesSUCCESS', 'tefPAST_SEQ', 'terPRE_SEQ', 'tefMAX_LEDGER', 'telINSUF_FEE_P'])
    for (const [name, step] of steps) {
      const answer = objectAt(objectAt(step, 'submit_v2'), 'result')
      const result = textAt(answer, 'engine_result')
      if (result === undefined || silent.has(result) || result === 'temINVALID_FLAG') continue
      expect(meaningOf(result).message, name).toContain(`(${result})`)
      const isInLedger = isObject(answer) && result.startsWith('tec')
      if (isInLedger) expect(isHopeless(result)).toBe(false)
    }
    for (const result of silent) expect(isHopeless(result)).toBe(false)
    for (const result of ['temMALFORMED', 'temBAD_SIGNATURE', 'tefBAD_AUTH']) {
      expect(isHopeless(result)).toBe(true)
    }
  })
})
