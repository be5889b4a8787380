import { Node } from '@hourglass/connector'
import { type Address, encodePrepare } from '@hourglass/ilp'
import { MemoryLink } from '@hourglass/link'
import { nodeCrypto } from '@hourglass/sansio/io'
import { describe, expect, it } from 'vitest'
import { buildAdmin } from './admin.ts'
import { describeRejection } from './explain.ts'
import type { Config } from './config.ts'
import { LiveConfig, type LiveParts } from './live.ts'
import type { RejectionReport } from './reports.ts'

const NOW = Date.UTC(2026, 0, 1)
const CONDITION = new Uint8Array(32).fill(0xab)

/** A node that has rejected a packet of alice's, which may owe nothing. */
function rejecting(): Node {
  const asset = { code: 'USD', scale: 6 }
  const node = new Node({
    address: 'test.node' as Address,
    crypto: nodeCrypto,
    accounts: [{ id: 'alice', relation: 'child', asset, balanceMax: 0n }],
    routes: [],
    rates: [],
    stacks: [{ id: 'alice', link: new MemoryLink() }],
  })
  const packet = { amount: 5n, expiresAt: NOW + 5000, destination: 'test.bob' as Address }
  const body = encodePrepare({ ...packet, executionCondition: CONDITION, data: new Uint8Array(0) })
  node.handle({ kind: 'wire', account: 'alice', wire: { kind: 'opened' } }, NOW)
  const request = { kind: 'request', key: 1, protocol: 'ilp', body }
  node.handle({ kind: 'wire', account: 'alice', wire: request }, NOW)
  return node
}

async function get(url: string): Promise<{ status: number; body: unknown }> {
  const { status, text } = await fetchText(url)
  return { status, body: JSON.parse(text) as unknown }
}

async function fetchText(url: string): Promise<{ status: number; text: string }> {
  const live = new LiveConfig({} as Config, {} as LiveParts)
  const admin = buildAdmin({
    node: rejecting(),
    settlers: new Map(),
    lines: new Map(),
    push: () => undefined,
    live,
  })
  const { statusCode, body } = await admin.inject({ url })
  return { status: statusCode, text: body }
}

describe('the admin server on rejected packets', () => {
  it('tells rule, numbers and a sentence, by condition, number or account', async () => {
    const hex = 'ab'.repeat(32)
    for (const query of ['', '?id=1', '?account=alice', `?condition=${hex}`]) {
      const { body } = await get(`/rejections${query}`)
      expect(body).toMatchObject([
        { id: 1, account: 'alice', at: '2026-01-01T00:00:00.000Z', code: 'T04', rule: 'balance' },
      ])
      const [report] = body as [RejectionReport]
      expect(report).toMatchObject({ executionCondition: hex, numbers: { amount: '5', balanceMax: '0' } })
      expect(describeRejection(report)).toBe(
        '1  2026-01-01T00:00:00.000Z  alice: 5 to test.bob\n' +
          '    T04 by rule balance: The account owes 0, 0 of its packets are on hold, ' +
          'and with 5 more it would be above 0.',
      )
    }
  })

  it('tells nothing of others, and says what it cannot read', async () => {
    expect(await get('/rejections?account=bob')).toEqual({ status: 200, body: [] })
    expect(await get('/rejections?id=2')).toEqual({ status: 200, body: [] })
    for (const query of ['id=x', 'condition=ab', 'condition=zz']) {
      expect((await get(`/rejections?${query}`)).status).toBe(400)
    }
  })
})

it('the admin server counts packets by account, direction and result: CONN-42', async () => {
  const { status, text } = await fetchText('/metrics')
  expect(status).toBe(200)
  expect(text.split('\n')).toEqual(
    expect.arrayContaining([
      '# TYPE hourglass_packets_total counter',
      'hourglass_packets_total{account="alice",direction="incoming",result="rejected"} 1',
      'hourglass_packets_total{account="alice",direction="incoming",result="fulfilled"} 0',
      'hourglass_balance{account="alice"} 0',
      'hourglass_link_up{account="alice"} 1',
      'hourglass_packets_in_flight 0',
    ]),
  )
})
