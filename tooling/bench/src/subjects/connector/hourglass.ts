/** @hourglass/connector: its machine, with commits that are durable at once, as the peers keep nothing. Tooling. */
import { Connector, ILP_PROTOCOL } from '@hourglass/connector'
import { type Address, toAddress } from '@hourglass/ilp'
import { drive, nodeCrypto } from '@hourglass/sansio/io'
import type { ConnectorSubject } from '../../benches/connector.ts'

const ADDRESS: Address = toAddress('test.connector')
const account = {
  relation: 'child',
  asset: { code: 'USD', scale: 9 },
  balanceMax: 10n ** 15n,
} as const

export const subject: ConnectorSubject = {
  open() {
    const machine = new Connector({
      address: ADDRESS,
      crypto: nodeCrypto,
      accounts: [
        { id: 'alice', ...account },
        { id: 'bob', ...account },
      ],
      routes: [],
      rates: [],
    })
    const waiting = new Map<number, (reply: Uint8Array) => void>()
    let answer: ((packet: Uint8Array) => Promise<Uint8Array>) | undefined
    let lastId = 0
    const driver = drive(machine, (output) => {
      if (output.kind === 'request') {
        void answer?.(output.body).then((body) => driver.push({ kind: 'reply', id: output.id, body }))
      } else if (output.kind === 'reply') {
        const resolve = waiting.get(output.id)
        waiting.delete(output.id)
        resolve?.(output.body)
      } else if (output.kind === 'commit') {
        queueMicrotask(() => driver.push({ kind: 'committed', id: output.id }))
      }
    })
    driver.push({ kind: 'up', account: 'alice' })
    driver.push({ kind: 'up', account: 'bob' })
    return Promise.resolve({
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
    })
  },
}
