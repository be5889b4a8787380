import { describe, expect, it } from 'vitest'
import type { Transaction } from './block.ts'
import { draftTransaction } from './draft.ts'
import { decodeTransaction } from './block.ts'
import { Keys } from './keys.ts'
import { OutputWatch, type Sighting } from './output-watch.ts'

const keys = new Keys(new Uint8Array(32).fill(9), 'regtest')
const { script } = keys.change
const outpoint = `${'ab'.repeat(32)}:1`

function payment(): Transaction {
  const written = draftTransaction(
    {
      outputs: [{ sats: 7000n, script }],
      required: [{ outpoint, sats: 9000n, script }],
      optional: [],
      satsPerVbyte: 1n,
      isReplaceable: false,
    },
    keys,
  )!
  return decodeTransaction(written.raw)
}

describe('a watch on outputs', () => {
  it('tells of a script that is paid and an output that is spent, and when that has not happened', () => {
    const watch = new OutputWatch()
    const seen: Sighting[] = []
    watch.watchScript(script, (sighting) => seen.push(sighting))
    watch.watchOutput(outpoint, (sighting) => seen.push(sighting))
    const transaction = payment()
    watch.connect(5, [transaction])
    expect(seen).toMatchObject([
      { kind: 'spent', outpoint, height: 5, transaction: transaction.raw },
      { kind: 'paid', sats: 7000n, height: 5 },
      { kind: 'paid', height: 5 },
    ])
    watch.disconnect(5)
    expect(seen.slice(3).map(({ kind }) => kind)).toEqual(['undone', 'undone', 'undone'])
    watch.connect(5, [])
    watch.connect(6, [transaction])
    expect(seen.slice(6)).toMatchObject([{ height: 6 }, { height: 6 }, { height: 6 }])
  })

  it('tells nobody who has stopped to watch', () => {
    const watch = new OutputWatch()
    const seen: Sighting[] = []
    const stops = [
      watch.watchScript(script, (sighting) => seen.push(sighting)),
      watch.watchOutput(outpoint, (sighting) => seen.push(sighting)),
    ]
    for (const stop of stops) stop()
    watch.connect(5, [payment()])
    expect(seen).toEqual([])
  })

  it('takes back all blocks above a height, newest first', () => {
    const watch = new OutputWatch()
    const heights: number[] = []
    watch.watchOutput(outpoint, ({ kind, height }) => {
      if (kind === 'undone') heights.push(height)
    })
    for (const height of [5, 6, 7]) watch.connect(height, [payment()])
    watch.reset(5)
    expect(heights).toEqual([7, 6])
  })
})
