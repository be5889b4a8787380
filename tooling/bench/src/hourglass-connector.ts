/** @hourglass/connector between alice and bob in this process, over whatever makes its commits durable. Tooling. */
import { Connector, ILP_PROTOCOL, type RuleOptions } from '@hourglass/connector'
import { type Address, toAddress } from '@hourglass/ilp'
import type { JournalRecord, StoredRecord } from '@hourglass/journal'
import { drive, nodeCrypto } from '@hourglass/sansio/io'
import type { OpenConnector } from './benches/connector.ts'

export type Commit = (records: readonly JournalRecord[], done: () => void) => void

const ADDRESS: Address = toAddress('test.connector')
const account = {
  relation: 'child',
  asset: { code: 'USD', scale: 9 },
  balanceMax: 10n ** 15n,
} as const

/** As the records have left it; `rules` are those of both accounts. */
export function restoreHourglass(records: readonly StoredRecord[], rules: RuleOptions = {}): Connector {
  const connector = new Connector({
    address: ADDRESS,
    crypto: nodeCrypto,
    accounts: [
      { id: 'alice', ...account, ...rules },
      { id: 'bob', ...account, ...rules },
    ],
    routes: [],
    rates: [],
  })
  connector.restore(records)
  return connector
}

export function openHourglass(commit: Commit, rules: RuleOptions = {}): OpenConnector {
  const waiting = new Map<number, (reply: Uint8Array) => void>()
  let answer: ((packet: Uint8Array) => Promise<Uint8Array>) | undefined
  let lastId = 0
  const driver = drive(restoreHourglass([], rules), (output) => {
    if (output.kind === 'request') {
      if (output.protocol !== ILP_PROTOCOL)
        return driver.push({ kind: 'failed', id: output.id, failure: 'refused' })
      void answer?.(output.body).then((body) => driver.push({ kind: 'reply', id: output.id, body }))
    } else if (output.kind === 'reply') {
      const resolve = waiting.get(output.id)
      waiting.delete(output.id)
      resolve?.(output.body)
    } else if (output.kind === 'commit') {
      commit(output.records, () => driver.push({ kind: 'committed', id: output.id }))
    }
  })
  driver.push({ kind: 'up', account: 'alice' })
  driver.push({ kind: 'up', account: 'bob' })
  return {
    address: `${ADDRESS}.bob`,
    onRequest(next) {
      answer = next
    },
    request: (body) =>
      new Promise((resolve) => {
        const id = ++lastId
        waiting.set(id, resolve)
        driver.push({ kind: 'request', account: 'alice', id, protocol: ILP_PROTOCOL, body })
      }),
  }
}
