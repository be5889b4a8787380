/**
 * One wallet: a link to its connector, an address and an asset learned over it, and STREAM on top.
 * The composition root. It keeps no books: the connector's are the ones that count.
 *
 *   Payment ──prepare──▶ ConnectorLink ──request──▶ connector
 *   Receiver ◀─prepare── ConnectorLink ◀──request── connector
 */
import { type Address, ErrorCode, type Prepare, decodePrepare, encodeReject } from '@hourglass/ilp'
import { DecodeError } from '@hourglass/sansio'
import type { Asset } from './amount.ts'
import type { WalletConfig } from './config.ts'
import { ConnectorLink, type LinkRequest } from './connector-link.ts'
import { Payment, type PaymentOptions } from './payment.ts'
import { type Balance, ILP_PROTOCOL, type Identity, askBalance, askIdentity } from './peer-questions.ts'
import { type IncomingEvent, Receiver } from './receiver.ts'
import { loadServerSecret } from './state.ts'

/** `report` is told when the link to the connector goes down and when it is up again. @throws WalletError */
export async function openWallet(config: WalletConfig, report?: (message: string) => void): Promise<Wallet> {
  let wallet: Wallet | undefined
  const link = new ConnectorLink({
    ...config,
    ...(report !== undefined && { report }),
    receive: (request) => {
      if (wallet === undefined) link.refuse(request.id, 'this wallet is not open yet')
      else wallet.handle(request)
    },
  })
  try {
    await link.whenUp()
    wallet = new Wallet(link, await askIdentity(link), config.state)
    return wallet
  } catch (error) {
    await link.close()
    throw error
  }
}

export class Wallet implements Identity {
  readonly address: Address
  readonly asset: Asset
  readonly #link: ConnectorLink
  readonly #state: string
  #receiver: Receiver | undefined

  constructor(link: ConnectorLink, { address, asset }: Identity, state: string) {
    this.#link = link
    this.address = address
    this.asset = asset
    this.#state = state
  }

  /** @throws WalletError where the connector does not tell */
  async balance(): Promise<Balance> {
    return askBalance(this.#link)
  }

  /** A payment that begins with `quote`. */
  payment(options: PaymentOptions): Payment {
    return new Payment(this.#link, options)
  }

  /** Takes money from now on, until closed; one receiver at a time. @throws WalletError `local` */
  receive(report: (event: IncomingEvent) => void): Receiver {
    const serverSecret = loadServerSecret(this.#state)
    this.#receiver?.close()
    this.#receiver = new Receiver({
      address: this.address,
      asset: this.asset,
      serverSecret,
      report,
      reply: (id, body) => this.#link.reply(id, body),
    })
    return this.#receiver
  }

  async close(): Promise<void> {
    this.#receiver?.close()
    await this.#link.close()
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

function readPrepare(body: Uint8Array): Prepare | undefined {
  try {
    return decodePrepare(body)
  } catch (error) {
    if (error instanceof DecodeError) return undefined
    throw error
  }
}
