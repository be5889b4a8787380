/** A plain walk of a map, segment by segment from the right. Tooling. */
import type { RoutingSubject } from '../../benches/routing.ts'

export const subject: RoutingSubject = {
  make() {
    const map = new Map<string, number>()
    return {
      insert: (prefix, value) => void map.set(prefix, value),
      remove: (prefix) => void map.delete(prefix),
      resolve(address) {
        for (let end = address.length; end > 0; end = address.lastIndexOf('.', end - 1)) {
          const value = map.get(address.slice(0, end))
          if (value !== undefined) return value
        }
        return undefined
      },
    }
  },
}
