/** The connector app, its journal safe from the end of the process but not from the loss of power. Tooling. */
import type { BtpSubject } from '../../btp-lines.ts'
import { planConnectorApp } from '../../connector-app.ts'

export const subject: BtpSubject = {
  plan: ([port], directory) => planConnectorApp(port, directory, { durability: 'process' }),
}
