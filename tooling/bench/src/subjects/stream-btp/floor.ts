/** Plain Prepares, 20 in flight, from and to ends written by hand. Tooling. */
import { connectRaw } from '../../raw-end.ts'
import type { StreamBtpSubject } from '../../stream-ends.ts'
import { plainPayer, plainReceiver } from '../stream/floor.ts'

export const subject: StreamBtpSubject = {
  load: { packets: 10_000, packetsAtOnce: 100, payments: 2000 },
  async receive(end) {
    await connectRaw(end)
    return plainReceiver(end.address)
  },
  async pay(end) {
    return plainPayer(await connectRaw(end), end.receiver)
  },
}
