/** A journal in SQLite that survives the end of the process. Tooling. */
import type { BtpSubject } from '../../btp-lines.ts'
import { planConnectorApp } from '../../connector-app.ts'

export const subject: BtpSubject = {
  plan: ([port], directory) => planConnectorApp(port, directory, { durability: 'process' }),
}
