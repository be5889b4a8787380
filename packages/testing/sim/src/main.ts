/** `npm run sim`: runs seeds for a while, or one seed, and says what broke. Testing. */
import { parseArgs } from 'node:util'
import { runScenario } from './scenario.ts'

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    count: { type: 'string' },
    trace: { type: 'boolean' },
    nodes: { type: 'string' },
    faults: { type: 'string' },
  },
})
const count = Number(values.count ?? 1)
const t0 = performance.now()
let packets = 0
for (let i = 0; i < count; i++) {
  const seed = values.seed ?? String(i)
  const t = performance.now()
  const faults =
    values.faults === undefined ? undefined : values.faults === '' ? [] : values.faults.split(',').map(Number)
  const r = runScenario({
    seed,
    isTraced: values.trace ?? false,
    nodes: values.nodes ? Number(values.nodes) : undefined,
    faults,
  })
  packets += r.packets
  const dt = performance.now() - t
  console.log(
    seed,
    r.connectors,
    'connectors',
    r.packets,
    'packets',
    r.steps,
    'steps',
    Math.round(dt),
    'ms',
    Object.fromEntries(r.outcomes),
    r.failure?.error.message ?? 'ok',
  )
  if (r.failure && values.trace) {
    console.log(r.log.tail(80).join('\n'))
    console.log(r.failure.error.stack)
  }
}
console.log(Math.round((packets / (performance.now() - t0)) * 1000), 'packets/s')
