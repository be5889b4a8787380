/** Two wallets, which bring @hourglass/stream and @hourglass/link-btp together. Tooling. */
import { openWallet, type Wallet } from '@hourglass/wallet'
import type { StreamBtpSubject, StreamEnd } from '../../stream-ends.ts'
import { payOver } from '../stream/hourglass.ts'

export const subject: StreamBtpSubject = {
  load: { packets: 10_000, packetsAtOnce: 100, payments: 2000 },
  async receive(end) {
    const wallet = await open(end)
    return wallet.receive(() => undefined)
  },
  async pay(end) {
    const { packets } = await open(end)
    return payOver((packet, expiresAt, done) => {
      packets.request(packet, expiresAt, (answer) => {
        if ('failure' in answer) throw new Error(`no answer: ${answer.failure}`)
        done(answer.body)
      })
    })
  },
}

async function open({ port, username, token, directory: state }: StreamEnd): Promise<Wallet> {
  return openWallet({ url: `ws://127.0.0.1:${port}`, username, token, state })
}
