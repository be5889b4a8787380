/** Settlement by plugins that pay each other as channel plugins do: told at once, redeemed by themselves, later. */
import { setTimeout as wait } from 'node:timers/promises'
import { MemoryJournal } from '@hourglass/journal'
import { type SettlementFixture, type SettlementLife, settlementSuite } from '@hourglass/link/testing'
import { type PluginAction, type PluginEvent, PluginSettlement } from '../src/index.ts'
import { decodeRecords } from '../src/records.ts'

type Name = 'alice' | 'bob'
type Tell = (event: PluginEvent) => void

const ACCOUNT = 'peer'
const UNIT = 1000n
/** Moments until a plugin takes in on its ledger what its peer has paid. */
const REDEEM_AFTER = 20

/** What outlives the processes of one side: its journal, and what its plugin has stored. */
class PluginSide {
  readonly journal = new MemoryJournal()
  held = 20n * UNIT
  paid = 0n
  tell: Tell | undefined
  /** Money that came in, and that the node has not taken note of. */
  readonly untold = new Map<number, bigint>()
  /** What is redeemed, and at which moment. */
  readonly promised: { readonly amount: bigint; readonly at: number }[] = []
}

function fixture(): SettlementFixture {
  const sides = { alice: new PluginSide(), bob: new PluginSide() }
  let moment = 0
  let payments = 0

  const pay = (from: PluginSide, to: PluginSide, amount: bigint): void => {
    from.paid += amount
    from.held -= amount
    to.promised.push({ amount, at: moment + REDEEM_AFTER })
    const id = ++payments
    to.untold.set(id, amount)
    to.tell?.({ kind: 'received', id, amount })
  }

  /** The operator looks up what became of a payment that a crash cut off. */
  const decide = (side: PluginSide, tell: Tell): void => {
    const { paid = 0n, payment } = decodeRecords(ACCOUNT, side.journal.load(''))
    if (payment !== undefined) tell({ kind: 'decided', isPaid: side.paid === paid + payment })
  }

  return {
    unit: UNIT,
    holds: async (name) => Promise.resolve(sides[name].held),
    async advance() {
      moment++
      for (const side of Object.values(sides)) {
        side.journal.flush()
        const due = side.promised.filter(({ at }) => at <= moment)
        side.promised.splice(0, due.length)
        for (const { amount } of due) side.held += amount
      }
      await wait(1)
    },
    async begin(name: Name): Promise<SettlementLife> {
      const side = sides[name]
      const peer = sides[name === 'alice' ? 'bob' : 'alice']
      const settlement = new PluginSettlement(ACCOUNT)
      settlement.restore(side.journal.load(''))
      return Promise.resolve({
        settlement,
        journal: side.journal,
        perform(action) {
          const { kind, id } = action as PluginAction
          if (kind === 'credited') side.untold.delete(id)
          else {
            pay(side, peer, (action as Extract<PluginAction, { kind: 'pay' }>).amount)
            const { tell } = side
            setImmediate(() => tell?.({ kind: 'paid', id }))
          }
        },
        listen(tell) {
          side.tell = tell
          decide(side, tell)
          for (const [id, amount] of side.untold) tell({ kind: 'received', id, amount })
        },
        close: async () => {
          side.tell = undefined
          side.journal.lose()
          return Promise.resolve()
        },
      })
    },
    dispose: async () => Promise.resolve(),
  }
}

settlementSuite('Settlement by plugin', async () => Promise.resolve(fixture()))
