/** @hourglass/connector: its machine, with commits that are durable at once, as the peers keep nothing. Tooling. */
import type { ConnectorSubject } from '../../benches/connector.ts'
import { openHourglass } from '../../hourglass-connector.ts'

export const subject: ConnectorSubject = {
  open: () => Promise.resolve(openHourglass((_, done) => queueMicrotask(done))),
}
