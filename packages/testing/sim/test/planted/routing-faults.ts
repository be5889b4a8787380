/** Bugs planted in routing. Testing. */
import type { PlantedFault } from './fault.ts'

export const ROUTING_FAULTS: readonly PlantedFault[] = [
  {
    bug: 'A route that a peer withdraws is kept.',
    path: 'packages/3-ilp/routing/src/route-receiver.ts',
    text: 'for (const prefix of update.withdrawn) this.#withdraw(prefix) // CCP-31',
    planted: '',
    foundBy: ['routes-lead-there', 'routes-end', 'no-loops'],
  },
  {
    bug: 'Parents are told of the routes of peers and other parents.',
    path: 'packages/3-ilp/routing/src/route-sender.ts',
    text: "return this.#peer.relation === 'parent' && nextHop.relation !== 'child'",
    planted: 'return false',
    foundBy: ['told-as-allowed'],
  },
  {
    bug: 'Peers are told of the routes that they told.',
    path: 'packages/3-ilp/routing/src/route-sender.ts',
    text: 'if (nextHop === this.#peer) return true // CCP-51',
    planted: '',
    foundBy: ['told-as-allowed'],
  },
]
