/**
 * @hourglass/connector with every rule switched on that an account may have, but for duplicates: the load has 256
 * conditions, and more packets in flight. Tooling.
 */
import type { ConnectorSubject } from '../../benches/connector.ts'
import { openHourglass } from '../../hourglass-connector.ts'

/** More than any run takes: what is measured are questions, not refusals. */
const PLENTY = 10n ** 15n
const RULES = {
  packetRate: { perMinute: 1_000_000_000 },
  throughput: { incoming: PLENTY, outgoing: PLENTY },
  destinations: { deny: ['test.elsewhere'] },
}

export const subject: ConnectorSubject = {
  open: () => Promise.resolve(openHourglass((_, done) => queueMicrotask(done), RULES)),
}
