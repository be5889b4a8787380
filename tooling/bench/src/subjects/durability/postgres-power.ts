/** A journal in a PostgreSQL server on the same machine that survives the loss of power. Tooling. */
import type { BtpSubject } from '../../btp-lines.ts'
import { planOverPostgres } from '../../connector-app.ts'

export const subject: BtpSubject = {
  plan: ([port], directory) => planOverPostgres(port, directory, 'power'),
}
