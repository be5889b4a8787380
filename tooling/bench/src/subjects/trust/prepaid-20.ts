/** Paid ahead, up to 20 packets; no credit. Tooling. */
import type { BtpSubject } from '../../btp-lines.ts'
import { trusting } from '../../trust-line.ts'

export const subject: BtpSubject = trusting({ max: 20, prepay: 20 }, { max: 0 })
