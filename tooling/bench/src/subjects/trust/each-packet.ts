/** Each packet settled when it is fulfilled; credit for 200, those in flight included. Tooling. */
import type { BtpSubject } from '../../btp-lines.ts'
import { trusting } from '../../trust-line.ts'

export const subject: BtpSubject = trusting({ max: 0, settleThreshold: 1 }, { max: 200 })
