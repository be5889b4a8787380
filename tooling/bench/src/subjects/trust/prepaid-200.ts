/** Paid ahead, up to 200 packets; no credit. Tooling. */
import type { BtpSubject } from '../../btp-lines.ts'
import { trusting } from '../../trust-line.ts'

export const subject: BtpSubject = trusting({ max: 200, prepay: 200 }, { max: 0 })
