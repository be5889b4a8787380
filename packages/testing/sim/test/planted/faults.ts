/** All planted faults. Each is in reach of a typing error. Testing. */
import { BOOK_FAULTS } from './book-faults.ts'
import { CHANNEL_FAULTS } from './channel-faults.ts'
import { CONNECTOR_FAULTS } from './connector-faults.ts'
import type { PlantedFault } from './fault.ts'
import { ROUTING_FAULTS } from './routing-faults.ts'
import { STREAM_FAULTS } from './stream-faults.ts'

export const PLANTED_FAULTS: readonly PlantedFault[] = [
  ...BOOK_FAULTS,
  ...CONNECTOR_FAULTS,
  ...CHANNEL_FAULTS,
  ...ROUTING_FAULTS,
  ...STREAM_FAULTS,
]
