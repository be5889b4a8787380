/** ilp-protocol-stream 2.7.2-alpha.3 over ilp-plugin-btp. Tooling. */
import type { StreamBtpSubject } from '../../stream-ends.ts'
import { connectPayingPlugins, connectPlugin } from '../../stream-peers.ts'
import { payOver, receiveOver } from '../stream/ilp-protocol-stream.ts'

export const subject: StreamBtpSubject = {
  load: { packets: 2000, packetsAtOnce: 10, payments: 50 },
  receive: async (end) => receiveOver(await connectPlugin(end)),
  pay: async (end) => payOver(await connectPayingPlugins(end)),
}
