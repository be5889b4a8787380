/**
 * One wallet: a link to its connector, an address and an asset learned over it, and STREAM on top.
 * The composition root. It keeps no books: the connector's are the ones that count.
 *
 *   payment ──prepare──▶ ConnectorLink ──request──▶ connector
 *   Receiver ◀─prepare── ConnectorLink ◀──request── connector        (whose link it is: `seat.ts`)
 */
import { Fulfillments, RECONCILE_PROTOCOL } from '@hourglass/books'
import { type Address, ErrorCode, type Prepare, decodePrepare, encodeReject } from '@hourglass/ilp'
import { type PacketLink, RunningPayment, type RunningPaymentOptions } from '@hourglass/pay/io'
import { DecodeError } from '@hourglass/sansio'
import type { Asset } from './amount.ts'
import type { WalletConfig } from './config.ts'
import type { ConnectorLink, LinkRequest } from './connector-link.ts'
import { WalletError } from './failure.ts'
import { type Balance, ILP_PROTOCOL, type Identity, askBalance, askIdentity } from './peer-questions.ts'
import { type IncomingEvent, Receiver } from './receiver.ts'
import { type Seat, takeSeat } from './seat.ts'
import { loadServerSecret } from './state.ts'

/** `report` is told when the link to the connector goes down and when it is up again. @throws WalletError */
export async function openWallet(
  config: WalletConfig,
  report: (message: string) => void = () => undefined,
): Promise<Wallet> {
  let wallet: Wallet | undefined
  const fulfillments = new Fulfillments()
  const seat = await takeSeat(config, {
    report,
    receive(request, link) {
      if (request.protocol === RECONCILE_PROTOCOL) answer(request, link, fulfillments)
      else if (wallet === undefined) link.refuse(request.id, 'this wallet is not open yet')
      else wallet.handle(request)
    },
  })
  try {
    wallet = new Wallet(seat, await askIdentity(seat.link), { state: config.state, fulfillments })
    return wallet
  } catch (error) {
    await seat.close()
    throw error
  }
}

interface Memory {
  /** Directory of what outlives the process. */
  readonly state: string
  readonly fulfillments: Fulfillments
}

export class Wallet implements Identity {
  readonly address: Address
  readonly asset: Asset
  readonly #seat: Seat
  readonly #link: ConnectorLink
  readonly #memory: Memory
  #receiver: Receiver | undefined

  constructor(seat: Seat, { address, asset }: Identity, memory: Memory) {
    this.#seat = seat
    this.#link = seat.link
    this.address = address
    this.asset = asset
    this.#memory = memory
  }

  /** @throws WalletError where the connector does not tell */
  async balance(): Promise<Balance> {
    return askBalance(this.#link)
  }

  /** A payment to somebody whose credentials are known; it begins with `quote`. */
  payment(options: Omit<RunningPaymentOptions, 'link'>): RunningPayment {
    return new RunningPayment({ link: this.packets, ...options })
  }

  /** The way of packets to the connector, for payments. */
  get packets(): PacketLink {
    const link = this.#link
    return {
      request(packet, deadline, done) {
        link.request(ILP_PROTOCOL, packet, deadline, done)
      },
    }
  }

  /** Takes money from now on, until closed; one receiver at a time. @throws WalletError `local` */
  receive(report: (event: IncomingEvent) => void): Receiver {
    if (!this.#seat.isHolder) {
      const why =
        'another hourglass command of this wallet is running, and only one can receive: stop it first'
      throw new WalletError('local', why)
    }
    const serverSecret = loadServerSecret(this.#memory.state)
    this.#receiver?.close()
    this.#receiver = new Receiver({
      address: this.address,
      asset: this.asset,
      serverSecret,
      fulfillments: this.#memory.fulfillments,
      report,
      reply: (id, body) => this.#link.reply(id, body),
    })
    return this.#receiver
  }

  async close(): Promise<void> {
    this.#receiver?.close()
    await this.#seat.close()
  }

  /** Answers a request of the connector. */
  handle({ id, protocol, body }: LinkRequest): void {
    if (protocol !== ILP_PROTOCOL) {
      this.#link.refuse(id, `this wallet does not serve ${protocol}`)
      return
    }
    const prepare = readPrepare(body)
    if (prepare === undefined) this.#reject(id, ErrorCode.F01_INVALID_PACKET)
    else if (this.#receiver === undefined) this.#reject(id, ErrorCode.F02_UNREACHABLE)
    else this.#receiver.handle(id, prepare)
  }

  #reject(id: number, code: string): void {
    const reject = { code, triggeredBy: this.address, message: '', data: new Uint8Array(0) }
    this.#link.reply(id, encodeReject(reject))
  }
}

/** Tells the connector what became of packets, also while the wallet opens: it asks as soon as the link is up. */
function answer({ id, body }: LinkRequest, link: ConnectorLink, fulfillments: Fulfillments): void {
  const answers = fulfillments.answer(body, Date.now())
  if (answers === undefined) link.refuse(id, 'that question cannot be read')
  else link.reply(id, answers)
}

function readPrepare(body: Uint8Array): Prepare | undefined {
  try {
    return decodePrepare(body)
  } catch (error) {
    if (error instanceof DecodeError) return undefined
    throw error
  }
}
