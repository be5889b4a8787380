import { expect, it } from 'vitest'
import type { Json } from '../json.ts'
import type { Command, Connection } from './connection.ts'
import { ServerError } from './errors.ts'
import type { Head } from './head.ts'
import { readHistory } from './history.ts'

const head = { index: 50 } as Head

/** A server that remembers ledgers `first` to `last`, and says so as the real ones do. */
function serverOf(first: number, last: number): Connection {
  return {
    async request(command: Command): Promise<Json> {
      const from = command['ledger_index_min'] as number
      if (from > last) return Promise.reject(new ServerError('invalidLgrRange', 'no such ledgers'))
      if (from >= 0 && from < first)
        return Promise.reject(new ServerError('lgrIdxMalformed', 'no such ledgers'))
      return Promise.resolve({
        ledger_index_min: Math.max(from, first),
        ledger_index_max: last,
        transactions: [],
      })
    },
  } as unknown as Connection
}

const read = (connection: Connection): Promise<Head | undefined> =>
  readHistory(connection, 'account', {
    from: 40,
    upTo(last) {
      if (last >= head.index) return head
      throw new ServerError('behind', `up to ${last} only`)
    },
    see: () => undefined,
  })

it('reads what the server has', async () => {
  expect(await read(serverOf(1, 50))).toBe(head)
  expect(await read(serverOf(40, 60))).toBe(head)
})

it('tells ledgers that are forgotten from those that are still to come, though one word is said of both', async () => {
  expect(await read(serverOf(41, 60))).toBeUndefined()
  await expect(read(serverOf(1, 39))).rejects.toMatchObject({ code: 'behind' })
  await expect(read(serverOf(1, 49))).rejects.toMatchObject({ code: 'behind' })
})

it('takes no answer that does not say what it is about', async () => {
  const vague = { request: async () => Promise.resolve({ transactions: [] }) } as unknown as Connection
  await expect(read(vague)).rejects.toMatchObject({ code: 'nonsense' })
})
