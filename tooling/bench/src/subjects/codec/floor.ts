/** The hand-written single pass. Tooling. */
import type { CodecSubject } from '../../benches/codec.ts'
import * as packets from '../../floor/packets.ts'

export const subject: CodecSubject<packets.Prepare, packets.Fulfill, packets.Reject> = packets
