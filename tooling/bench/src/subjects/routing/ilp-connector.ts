/** The prefix map of ilp-connector 23.0.2: a sorted list, searched from one end. Tooling. */
import { createRequire } from 'node:module'
import type { RoutingSubject } from '../../benches/routing.ts'

interface PrefixMap {
  insert(prefix: string, value: number): void
  delete(prefix: string): void
  resolve(address: string): number | undefined
}

const require = createRequire(import.meta.url)
const { default: PrefixMap } = require('ilp-connector/dist/routing/prefix-map') as {
  default: new () => PrefixMap
}

export const subject: RoutingSubject = {
  make() {
    const map = new PrefixMap()
    return {
      insert: (prefix, value) => map.insert(prefix, value),
      remove: (prefix) => map.delete(prefix),
      resolve: (address) => map.resolve(address),
    }
  },
}
