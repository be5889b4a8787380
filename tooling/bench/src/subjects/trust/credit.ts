/** On credit for 100,000 packets, settled each 10,000. Tooling. */
import type { BtpSubject } from '../../btp-lines.ts'
import { trusting } from '../../trust-line.ts'

export const subject: BtpSubject = trusting({ max: 0, settleThreshold: 10_000 }, { max: 100_000 })
