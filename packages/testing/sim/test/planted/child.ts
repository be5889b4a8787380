/**
 * Runs seeds on the machines with a fault in them: a process of its own, since machines are loaded once. Testing.
 * The fault is planted while its file is loaded; nothing is written anywhere. The order is the first argument, as
 * JSON, and so is what comes out.
 */
import { registerHooks } from 'node:module'
import { type PlantedFault, plant } from './fault.ts'
import type { Hunt, HuntOrder, Sighting } from './hunt.ts'

const order = JSON.parse(process.argv[2] ?? '') as HuntOrder
console.log(JSON.stringify(await hunt(order)))

async function hunt({ fault, seeds }: HuntOrder): Promise<Hunt> {
  const planting = fault === undefined ? undefined : plantWhereLoaded(fault)
  const { runScenario } = await import('../../src/scenario.ts')
  if (planting?.isDone === false) throw new Error(`no simulation loads ${fault!.path}`)
  const sightings: Sighting[] = []
  for (let seed = 0; seed < seeds; seed++) {
    const { failure } = runScenario({ seed: String(seed) })
    if (failure === undefined) continue
    const { invariant, error } = failure
    sightings.push({ seed, invariant, message: error.message })
    if (fault === undefined || fault.foundBy.includes(invariant)) break
  }
  return { sightings }
}

function plantWhereLoaded(fault: PlantedFault): { readonly isDone: boolean } {
  const planting = { isDone: false }
  const url = new URL(`../../../../../${fault.path}`, import.meta.url).href
  registerHooks({
    load(file, context, nextLoad) {
      const loaded = nextLoad(file, context)
      if (file !== url) return loaded
      planting.isDone = true
      const { source = '' } = loaded
      const text = typeof source === 'string' ? source : new TextDecoder().decode(source)
      return { ...loaded, source: plant(fault, text) }
    },
  })
  return planting
}
