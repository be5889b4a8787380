/** The receiving end: drives STREAM's server over the link to the connector. */
import type { Fulfillments } from '@hourglass/books'
import { PacketType, type Prepare, encodeReply } from '@hourglass/ilp'
import { type Driver, drive, nodeCrypto, nodeRng } from '@hourglass/sansio/io'
import {
  type Credentials,
  StreamServer,
  type StreamServerInput,
  type StreamServerOutput,
  type TokenContents,
} from '@hourglass/stream'
import type { Identity } from './peer-questions.ts'

export interface ReceiverOptions extends Identity {
  /** 32 bytes that outlive the process. */
  readonly serverSecret: Uint8Array
  /** Where it notes what it fulfills. */
  readonly fulfillments: Fulfillments
  readonly reply: (id: number, reply: Uint8Array) => void
  readonly report: (event: IncomingEvent) => void
}

/** Money of one connection, which is one payment for most payers. */
export type IncomingEvent =
  | { readonly kind: 'money'; readonly connection: string; readonly amount: bigint; readonly total: bigint }
  /** The payer has said goodbye. */
  | { readonly kind: 'closed'; readonly connection: string; readonly total: bigint }

export class Receiver {
  readonly #server: StreamServer
  readonly #driver: Driver<StreamServerInput>
  readonly #unanswered = new Map<number, Prepare>()

  constructor({ address, asset, serverSecret, fulfillments, reply, report }: ReceiverOptions) {
    const { code: assetCode, scale: assetScale } = asset
    const world = { crypto: nodeCrypto, rng: nodeRng }
    this.#server = new StreamServer({ ...world, serverSecret, address, assetCode, assetScale })
    this.#driver = drive<StreamServerInput, StreamServerOutput>(this.#server, (output) => {
      if (output.kind === 'money' || output.kind === 'closed') return report(output)
      if (output.kind !== 'reply') return
      const prepare = this.#unanswered.get(output.id)
      this.#unanswered.delete(output.id)
      if (prepare !== undefined && output.reply.type === PacketType.Fulfill) {
        fulfillments.add(prepare, output.reply.fulfillment)
      }
      reply(output.id, encodeReply(output.reply))
    })
  }

  /** A fresh address and secret for one payer. */
  credentials(contents?: TokenContents): Credentials {
    return this.#server.credentials(contents)
  }

  handle(id: number, prepare: Prepare): void {
    this.#unanswered.set(id, prepare)
    this.#driver.push({ kind: 'prepare', id, prepare })
  }

  close(): void {
    this.#driver.stop()
  }
}
