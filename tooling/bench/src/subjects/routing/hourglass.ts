/** The table of `@hourglass/routing`. Tooling. */
import { RouteTable } from '@hourglass/routing'
import type { RoutingSubject } from '../../benches/routing.ts'

export const subject: RoutingSubject = {
  make() {
    const table = new RouteTable<number>()
    return {
      insert: (prefix, value) => table.set(prefix, value),
      remove: (prefix) => table.delete(prefix),
      resolve: (address) => table.resolve(address),
    }
  },
}
