/**
 * The judge: what was recorded from the real servers is asked again, and must be answered the same.
 *
 * Each recorded transaction goes in as the bytes it was, at the ledger it was in. Compared are whole answers and
 * stream messages, every field, but for those listed in `Comparison`: ledger hashes, which must only stand for one
 * another consistently, and what a server says about its own machine.
 */
import { encode } from 'ripple-binary-codec'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startXrplStandalone, type XrplStandalone } from '../src/index.ts'
import { Comparison } from './comparison.ts'
import { connectRaw, type RawClient } from './raw-client.ts'
import { type Json, loadRecording, type Recording, type Step } from './recording.ts'

/** The clock stood still near this ledger's close time while the recordings were made. */
const FIRST_CLOSE_TIME = { 'rippled-2.6.1': 848_545_850, 'xrpld-3.2.0': 848_545_820 } as const
const EPOCH_OFFSET_S = 946_684_800

describe.each(['rippled-2.6.1', 'xrpld-3.2.0'] as const)('what was recorded from %s', (server) => {
  const recording = loadRecording(server)
  const comparison = new Comparison()
  let ledger: XrplStandalone
  let client: RawClient

  beforeAll(async () => {
    const now = (FIRST_CLOSE_TIME[server] + EPOCH_OFFSET_S) * 1000
    ledger = await startXrplStandalone({ fixCleanup3_2_0: server === 'xrpld-3.2.0', now: () => now })
    client = await connectRaw(ledger.url)
  })
  afterAll(async () => {
    client.close()
    await ledger.stop()
  })

  test.each(recording.steps.map((step, index) => [`${String(index)} ${step.name}`, step] as const))(
    'is answered the same: %s',
    async (_, step) => {
      if (step.tx_json !== undefined) await replayTransaction(step)
      else if (step.request === undefined) await replayClientsOwn(step)
      else await compare(step.request, step.response)
    },
  )

  test('streams the same messages in the same order', () => {
    const streamed = client.messages.slice(0, recording.stream_messages.length)
    expect(comparison.plain(streamed)).toEqual(comparison.recorded(recording.stream_messages, streamed))
  })

  test('has as many different ledger hashes', () => {
    expect(comparison.isOneToOne()).toBe(true)
  })

  test('leaves the same supply of XRP behind', () => {
    const fees = feesOf(recording)
    expect(ledger.supply()).toBe(100_000_000_000_000_000n - fees)
  })

  async function replayTransaction(step: Step): Promise<void> {
    reachLedgerOf(step)
    const account = step.tx_json!.Account
    if (step.accountBalanceBefore !== undefined && isSignerNamed(step)) {
      expect(String(ledger.balanceOf(account))).toBe(step.accountBalanceBefore)
    }
    await compare({ command: 'submit', tx_blob: step.tx_blob, api_version: 2 }, step.submit_v2)
    await compare({ command: 'ledger_accept' }, step.ledger_accept)
    await compare({ command: 'tx', transaction: step.hash, api_version: 2 }, step.tx_v2)
    await compare({ command: 'tx', transaction: step.hash, api_version: 1 }, step.tx_v1)
    if (step.accountBalanceAfter !== undefined && isSignerNamed(step)) {
      expect(String(ledger.balanceOf(account))).toBe(step.accountBalanceAfter)
    }
  }

  /** Some ledgers were closed in between, to let time pass. */
  function reachLedgerOf(step: Step): void {
    const before = step.submit_v2?.result?.['validated_ledger_index']
    if (typeof before !== 'number') return
    while (ledger.validatedIndex() < before) ledger.closeLedger()
  }

  /** The one transaction that xrpl.js made: of it the recording has only the answer. */
  async function replayClientsOwn(step: Step): Promise<void> {
    const { ctid, date, ledger_index, ...fields } = step.response!.result!['tx_json'] as Json
    expect([ctid, date, ledger_index]).not.toContain(undefined)
    await client.ask({ id: 'own', command: 'submit', tx_blob: encode({ ...fields }) })
    ledger.closeLedger()
    const hash = step.response!.result!['hash']
    const answer = await client.ask({
      id: step.response!.id,
      command: 'tx',
      transaction: hash,
      api_version: 2,
    })
    // xrpl.js has taken the status off.
    const told = Object.fromEntries(Object.entries(answer).filter(([name]) => name !== 'status'))
    expect(comparison.plain(told)).toEqual(comparison.recorded(step.response!, told))
  }

  async function compare(request: Json, recorded: unknown): Promise<void> {
    const { id } = recorded as { readonly id: number }
    const answer = await client.ask({ ...request, id })
    expect(comparison.plain(answer)).toEqual(comparison.recorded(recorded, answer))
  }
})

/** In one step the recorded balance is that of the wrong signer, not of the account. */
function isSignerNamed(step: Step): boolean {
  return !step.name.includes("not the account's")
}

function feesOf({ steps }: Recording): bigint {
  const last = steps.find(({ name }) => name === 'ledger validated with transactions expanded v2')
  const shown = last!.response!.result!['ledger'] as { readonly total_coins: string }
  return 100_000_000_000_000_000n - BigInt(shown.total_coins)
}
