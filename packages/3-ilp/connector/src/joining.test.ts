import type { Address } from '@hourglass/ilp'
import type { StoredRecord } from '@hourglass/journal'
import { nodeCrypto } from '@hourglass/sansio/io'
import { expect, it } from 'vitest'
import type { AccountOptions } from './account.ts'
import { Connector } from './connector.ts'
import type { ConnectorOptions } from './messages.ts'
import { ask, balances, connector, fulfillBody, prepare, rejectOf, step } from './testing/one-connector.ts'

const CAROL: AccountOptions = {
  id: 'kids.carol',
  relation: 'child',
  asset: { code: 'USD', scale: 6 },
  balanceMax: 0n,
}
const TO_CAROL = prepare({ destination: 'test.node.kids.carol.1' as Address })

/** Pays carol through it; the records that this makes. */
function payCarol(machine: Connector): StoredRecord[] {
  const records = new Map<string, StoredRecord>()
  step(machine, { kind: 'up', account: CAROL.id })
  const inputs = [ask(TO_CAROL)]
  for (let input = inputs.shift(); input !== undefined; input = inputs.shift()) {
    for (const output of step(machine, input)) {
      if (output.kind === 'commit') {
        for (const { key, value } of output.records) if (value !== undefined) records.set(key, { key, value })
        inputs.push({ kind: 'committed', id: output.id })
      } else if (output.kind === 'request' && output.protocol === 'ilp') {
        expect(output.account).toBe(CAROL.id)
        inputs.push({ kind: 'reply', id: output.id, body: fulfillBody })
      }
    }
  }
  return [...records.values()]
}

function restored(records: readonly StoredRecord[], adopt?: ConnectorOptions['adopt']): Connector {
  const accounts = [{ ...CAROL, id: 'alice', balanceMax: 1000n }]
  const options = { address: 'test.node' as Address, crypto: nodeCrypto, accounts, routes: [], rates: [] }
  const machine = new Connector({ ...options, ...(adopt && { adopt }) })
  machine.restore(records)
  return machine
}

it('an account that joins is paid and has an address as every other', () => {
  const machine = connector()
  expect(rejectOf(step(machine, ask(TO_CAROL))).code).toBe('F02')
  step(machine, { kind: 'join', account: CAROL })
  payCarol(machine)
  expect(balances(machine)).toMatchObject({ alice: 100n, 'kids.carol': -100n })
  expect(() => step(machine, { kind: 'join', account: CAROL })).toThrow('two accounts are named kids.carol')
})

it('an account that the journal alone knows is adopted, or its money waits for somebody who knows it', () => {
  const machine = connector()
  step(machine, { kind: 'join', account: CAROL })
  const records = payCarol(machine)
  const adopting = restored(records, (id) => (id === CAROL.id ? CAROL : undefined))
  expect(balances(adopting)).toMatchObject({ 'kids.carol': -100n })
  payCarol(adopting)
  expect(balances(adopting)).toMatchObject({ 'kids.carol': -200n })
  const retiring = restored(records)
  expect(balances(retiring)).toMatchObject({ 'kids.carol': -100n })
  expect(rejectOf(step(retiring, ask(TO_CAROL))).code).toBe('F02')
})

it('an account that joined stays when the settings, in which it is not, change', () => {
  const machine = connector()
  step(machine, { kind: 'join', account: CAROL })
  const alice: AccountOptions = { ...CAROL, id: 'alice', balanceMax: 1000n }
  step(machine, { kind: 'change', settings: { accounts: [alice], routes: [], rates: [] } })
  payCarol(machine)
  expect(balances(machine)).toMatchObject({ alice: 100n, 'kids.carol': -100n })
})
