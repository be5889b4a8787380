/** A receiver with a name: STREAM on the link, SPSP over HTTP, and payments told as they come. */
import type { PaymentPointer } from '@hourglass/spsp'
import type { IncomingEvent } from './receiver.ts'
import { serveSpsp } from './spsp-server.ts'
import type { Wallet } from './wallet.ts'

export interface ReceiveOptions {
  readonly host: string
  /** 0: any free one. */
  readonly port: number
  readonly pointer: PaymentPointer
  readonly report: (event: IncomingEvent) => void
}

export interface RunningReceiver {
  readonly port: number
  close(): Promise<void>
}

/** Serves `pointer` until closed. @throws WalletError `local` where state or port cannot be had */
export async function receivePayments(wallet: Wallet, options: ReceiveOptions): Promise<RunningReceiver> {
  const receiver = wallet.receive(options.report)
  const server = await serveSpsp({
    ...options,
    open({ receipt }) {
      const { destination, sharedSecret } = receiver.credentials(receipt && { receipts: receipt })
      return { destinationAccount: destination, sharedSecret, receiptsEnabled: receipt !== undefined }
    },
  })
  return {
    port: server.port,
    async close() {
      await server.close()
      receiver.close()
    },
  }
}
