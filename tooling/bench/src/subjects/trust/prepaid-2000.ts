/** Paid ahead, up to 2000 packets; no credit. Tooling. */
import type { BtpSubject } from '../../btp-lines.ts'
import { trusting } from '../../trust-line.ts'

export const subject: BtpSubject = trusting({ max: 2000, prepay: 2000 }, { max: 0 })
