import { registerHooks } from 'node:module'
import { plant, type PlantedFault } from './fault.ts'

const { fault, seeds, all } = JSON.parse(process.argv[2]!) as {
  fault?: PlantedFault
  seeds: number
  all?: boolean
}
let isPlanted = fault === undefined
if (fault !== undefined) {
  const url = new URL(`../../../../../${fault.path}`, import.meta.url).href
  registerHooks({
    load(file, context, nextLoad) {
      const loaded = nextLoad(file, context)
      if (file !== url) return loaded
      isPlanted = true
      const source =
        typeof loaded.source === 'string'
          ? loaded.source
          : new TextDecoder().decode(loaded.source as Uint8Array)
      return { ...loaded, source: plant(fault, source) }
    },
  })
}
const { runScenario } = await import('../../src/scenario.ts')
if (!isPlanted) throw new Error('not loaded')
const by: Record<string, number> = {}
let first: unknown
let n = 0
const t = performance.now()
for (let i = 0; i < seeds; i++) {
  const r = runScenario({ seed: String(i) })
  if (r.failure) {
    n++
    const name =
      r.failure.error.name === 'Violation'
        ? r.failure.invariant
        : r.failure.error.name + ': ' + r.failure.error.message
    by[name] = (by[name] ?? 0) + 1
    first ??= { seed: i, message: r.failure.error.message }
    if (all !== true) break
  }
}
console.log(JSON.stringify({ n, by, first, ms: Math.round(performance.now() - t) }))
