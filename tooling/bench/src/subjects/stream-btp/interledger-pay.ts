/** @interledger/pay 0.4.0-alpha.9 and @interledger/stream-receiver 0.3.3-alpha.3 over ilp-plugin-btp. Tooling. */
import type { StreamBtpSubject } from '../../stream-ends.ts'
import { connectPayingPlugins, connectPlugin } from '../../stream-peers.ts'
import { openReceiver, payOver } from '../stream/interledger-pay.ts'

export const subject: StreamBtpSubject = {
  load: { packets: 500, packetsAtOnce: 10, payments: 5 },
  async receive(end) {
    const receiver = openReceiver(end.address)
    const plugin = await connectPlugin(end)
    plugin.registerDataHandler((packet: Buffer) => receiver.answer(packet))
    return receiver
  },
  pay: async (end) => payOver(await connectPayingPlugins(end)),
}
