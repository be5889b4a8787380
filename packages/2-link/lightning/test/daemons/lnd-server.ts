/** Answers as LND's REST interface does, with a real node behind it. */
import { createHash } from 'node:crypto'
import type { ChannelInfo, LightningNode } from '@hourglass/lightning'
import { LightningError } from '@hourglass/lightning/io'
import { readInvoice } from './bolt11.ts'
import { DaemonState, type InvoiceRow, type PaymentRow } from './daemon-state.ts'
import { type Call, DaemonServer, type Reply } from './server.ts'

export const MACAROON = '0201036c6e6402'.padEnd(128, '5a')

const KEYSEND_RECORD = '5482373484'
/** Of a commitment transaction with anchors, at the lowest rate. */
const COMMITMENT = { fee_per_kw: '253', commit_weight: '1116', commit_fee: '282' }
/** BOLT 2: twice the rate, two payments more; what is paid already is not in the balance. */
const FEE_BUFFER_SAT = (2n * 253n * (1116n + 344n)) / 1000n - 282n

const [NOT_FOUND, ALREADY_EXISTS, UNKNOWN] = [5, 6, 2]
const STATUS: Readonly<Record<number, number>> = { [NOT_FOUND]: 404, [ALREADY_EXISTS]: 409, [UNKNOWN]: 500 }

class GrpcError extends Error {
  readonly code: number

  constructor(code: number, message: string) {
    super(message)
    this.code = code
  }
}

type Handler = (call: Call, reply: Reply, ...parts: string[]) => Promise<unknown>

export class LndServer {
  readonly server: DaemonServer = new DaemonServer((call, reply) => this.#answer(call, reply))
  readonly #state: DaemonState
  readonly #node: LightningNode
  readonly #everUsable = new Set<string>()
  readonly #routes: readonly (readonly [RegExp, Handler])[]

  constructor(node: LightningNode) {
    this.#node = node
    this.#state = new DaemonState(node)
    const routes: Readonly<Record<string, Handler>> = {
      ...this.#nodeRoutes(),
      ...this.#channelRoutes(),
      ...this.#invoiceRoutes(),
      ...this.#paymentRoutes(),
    }
    this.#routes = Object.entries(routes).map(([route, handler]) => [new RegExp(`^${route}$`), handler])
  }

  async #answer(call: Call, reply: Reply): Promise<void> {
    try {
      const body = await this.#call(call, reply)
      if (body === undefined) reply.end()
      else reply.send(200, body)
    } catch (error) {
      if (!(error instanceof GrpcError) && !(error instanceof LightningError)) throw error
      const code = error instanceof GrpcError ? error.code : UNKNOWN
      const status = { code, message: error.message, details: [] }
      const isStream = STREAMS.test(call.route)
      reply.send(STATUS[code] ?? 500, isStream ? { error: status } : status)
    }
  }

  async #call(call: Call, reply: Reply): Promise<unknown> {
    if (call.route === 'GET /v1/state') return { state: 'SERVER_ACTIVE' }
    if (call.headers['grpc-metadata-macaroon'] !== MACAROON) {
      throw new GrpcError(UNKNOWN, 'verification failed: signature mismatch after caveat verification')
    }
    if (this.server.refuses(call.route)) throw new GrpcError(UNKNOWN, 'chain backend is still syncing')
    for (const [pattern, handler] of this.#routes) {
      const match = pattern.exec(call.route)
      if (match !== null) return handler(call, reply, ...match.slice(1))
    }
    throw new GrpcError(NOT_FOUND, 'Not Found')
  }

  #nodeRoutes(): Readonly<Record<string, Handler>> {
    const node = this.#node
    return {
      'GET /v1/getinfo': async () => {
        const { nodeId, host, port, height } = await node.info()
        return {
          version: '0.20.0-beta',
          identity_pubkey: nodeId,
          block_height: height,
          synced_to_chain: true,
          chains: [{ chain: 'bitcoin', network: 'regtest' }],
          uris: [`${nodeId}@${host}:${port}`],
        }
      },
      'GET /v1/peers': async () => ({ peers: (await this.#state.peers()).map((id) => ({ pub_key: id })) }),
      'POST /v1/peers': async ({ body }) => {
        const { pubkey, host } = body['addr'] as { readonly pubkey: string; readonly host: string }
        if ((await this.#state.peers()).includes(pubkey)) {
          throw new GrpcError(UNKNOWN, `already connected to peer: ${pubkey}@${host}`)
        }
        const [name = '', port] = host.split(':')
        void this.#state.connect({ nodeId: pubkey, host: name, port: Number(port) }).catch(() => undefined)
        return { status: `connection to ${pubkey}@${host} initiated` }
      },
      'DELETE /v1/peers/([0-9a-f]+)': async (_call, _reply, peerId = '') => {
        await node.disconnect(peerId)
        this.#state.disconnected(peerId)
        return { status: 'disconnect initiated' }
      },
      'GET /v1/newaddress': async () => ({ address: await node.address() }),
      'GET /v1/balance/blockchain': async () => {
        const sat = String(await node.walletSat())
        return { total_balance: sat, confirmed_balance: sat, unconfirmed_balance: '0' }
      },
    }
  }

  #channelRoutes(): Readonly<Record<string, Handler>> {
    const node = this.#node
    return {
      'GET /v1/channels': async () => {
        const channels = (await this.#channels()).filter((each) => this.#isOpen(each))
        return { channels: channels.map(openChannel) }
      },
      'GET /v1/channels/pending': async () => {
        const channels = (await this.#channels()).filter((each) => !this.#isOpen(each))
        const [closing, opening] = [true, false].map((isClosing) =>
          channels.filter((each) => each.isClosing === isClosing).map((each) => ({ channel: pending(each) })),
        )
        return {
          pending_open_channels: opening,
          pending_force_closing_channels: [],
          waiting_close_channels: closing,
        }
      },
      'POST /v1/channels': async ({ body }) => {
        const peerId = octets(body['node_pubkey']).toString('hex')
        const capacitySat = BigInt(body['local_funding_amount'] as string)
        const pushMsat = BigInt(body['push_sat'] as string) * 1000n
        await node.openChannel({ peerId, capacitySat, pushMsat })
        return { funding_txid_bytes: '', output_index: 0 }
      },
      'DELETE /v1/channels/([0-9a-f]{64})/0': async ({ query }, reply, txid = '') => {
        const channelId = Buffer.from(txid, 'hex').reverse().toString('hex')
        await node.closeChannel(channelId, query.get('force') === 'true')
        reply.line({ result: { close_instant: {} } })
      },
      'GET /v1/channels/subscribe': async (_call, reply) => {
        const end = node.listen(({ kind }) => {
          if (kind === 'channels') reply.line({ result: { type: 'ACTIVE_CHANNEL' } })
        })
        while (reply.isOpen) await this.#state.change()
        end()
      },
    }
  }

  #invoiceRoutes(): Readonly<Record<string, Handler>> {
    const state = this.#state
    return {
      'POST /v1/invoices': ({ body }) => this.#addInvoice(body, undefined),
      'POST /v2/invoices/hodl': ({ body }) => this.#addInvoice(body, octets(body['hash'])),
      'POST /v2/invoices/settle': async ({ body }) => {
        const preimage = octets(body['preimage'])
        if (state.invoice(sha256(preimage)) === undefined) throw new GrpcError(NOT_FOUND, 'no such invoice')
        await this.#node.settleHeld(preimage)
        return {}
      },
      'POST /v2/invoices/cancel': async ({ body }) => {
        const hash = octets(body['payment_hash'])
        await this.#node.cancelHeld(hash)
        state.invoice(hash.toString('hex'))!.state = 'CANCELED'
        return {}
      },
      'GET /v1/invoice/([0-9a-f]{64})': (_call, _reply, hash = '') => {
        const row = state.invoice(hash)
        if (row === undefined) throw new GrpcError(NOT_FOUND, 'there are no existing invoices')
        return Promise.resolve(invoice(row))
      },
      'GET /v1/invoices': ({ query }) => {
        const after = Number(query.get('index_offset'))
        const isPending = query.get('pending_only') === 'true'
        const rows = state.invoices
          .filter(({ addIndex }) => addIndex > after)
          .filter((row) => !isPending || row.state === 'OPEN' || row.state === 'ACCEPTED')
          .slice(0, Number(query.get('num_max_invoices')))
        return Promise.resolve({
          invoices: rows.map(invoice),
          last_index_offset: String(rows.at(-1)?.addIndex ?? 0),
        })
      },
      'GET /v1/invoices/subscribe': async ({ query }, reply) => {
        let told = Number(query.get('settle_index'))
        // From 0 on nothing is told of before.
        if (told === 0) told = state.settledInvoices().length
        while (reply.isOpen) {
          for (const row of state.settledInvoices().slice(told)) reply.line({ result: invoice(row) })
          told = state.settledInvoices().length
          await state.change()
        }
      },
      'GET /v2/invoices/subscribe/([A-Za-z0-9_-]{43}=)': async (_call, reply, hash = '') => {
        const row = state.invoice(Buffer.from(hash, 'base64url').toString('hex'))
        let told: string | undefined
        while (reply.isOpen) {
          if (row !== undefined && row.state !== told) reply.line({ result: invoice(row) })
          told = row?.state
          await state.change()
        }
      },
    }
  }

  #paymentRoutes(): Readonly<Record<string, Handler>> {
    const state = this.#state
    return {
      'GET /v1/payreq/(.*)': (_call, _reply, text = '') => {
        const read = readInvoice(decodeURIComponent(text))
        if (read === undefined) throw new GrpcError(UNKNOWN, 'invalid bech32 string')
        return Promise.resolve({ payment_hash: read.hash, num_msat: String(read.amountMsat) })
      },
      'POST /v2/router/send': ({ body }, reply) => this.#track(this.#send(body), reply),
      'GET /v2/router/track/([A-Za-z0-9_-]{43}=)': (_call, reply, hash = '') => {
        const row = state.payments.get(Buffer.from(hash, 'base64url').toString('hex'))
        if (row === undefined) throw new GrpcError(NOT_FOUND, "payment isn't initiated")
        return this.#track(row, reply)
      },
      'DELETE /v1/payment': ({ query }) => {
        state.payments.delete(Buffer.from(query.get('payment_hash')!, 'base64').toString('hex'))
        return Promise.resolve({ status: 'payment deleted' })
      },
    }
  }

  #send(body: Call['body']): PaymentRow {
    const text = body['payment_request'] as string | undefined
    const hash = text === undefined ? octets(body['payment_hash']).toString('hex') : readInvoice(text)!.hash
    const before = this.#state.payments.get(hash)
    // What has failed may be begun again.
    if (before !== undefined && before.end?.kind !== 'failed') {
      const message = before.end === undefined ? 'payment is in transition' : 'invoice is already paid'
      throw new GrpcError(ALREADY_EXISTS, message)
    }
    if (text !== undefined) {
      return this.#state.begin({ hash, amountMsat: readInvoice(text)!.amountMsat }, () =>
        this.#node.payInvoice(text),
      )
    }
    const custom = Object.entries(body['dest_custom_records'] as Readonly<Record<string, string>>)
    const preimage = octets(custom.find(([type]) => type === KEYSEND_RECORD)?.[1])
    if (sha256(preimage) !== hash) throw new GrpcError(UNKNOWN, 'the preimage is of another hash')
    const records = custom
      .filter(([type]) => type !== KEYSEND_RECORD)
      .map(([type, value]) => ({ type: BigInt(type), value: octets(value) }))
    const amountMsat = BigInt(body['amt_msat'] as string)
    const payment = { nodeId: octets(body['dest']).toString('hex'), amountMsat, preimage, records }
    return this.#state.begin({ hash, amountMsat }, () => this.#node.keysend(payment))
  }

  async #track(row: PaymentRow, reply: Reply): Promise<void> {
    while (row.end === undefined && reply.isOpen) await this.#state.change()
    const { hash, amountMsat, end } = row
    if (end === undefined) return
    const isSent = end.kind === 'sent'
    reply.line({
      result: {
        payment_hash: hash,
        payment_preimage: isSent ? Buffer.from(end.preimage).toString('hex') : '0'.repeat(64),
        value_msat: String(amountMsat),
        fee_msat: String(isSent ? end.feeMsat : 0n),
        status: isSent ? 'SUCCEEDED' : 'FAILED',
        failure_reason: isSent ? 'FAILURE_REASON_NONE' : 'FAILURE_REASON_NO_ROUTE',
      },
    })
  }

  async #addInvoice(body: Call['body'], hash: Buffer | undefined): Promise<object> {
    if (hash !== undefined && this.#state.invoice(hash.toString('hex')) !== undefined) {
      throw new GrpcError(UNKNOWN, 'invoice with payment hash already exists')
    }
    const description = body['memo'] as string
    const amountMsat = BigInt(body['value_msat'] as string)
    const options = { amountMsat, description, expiryS: Number(body['expiry']), ...(hash && { hash }) }
    const text = await this.#node.createInvoice(options)
    const read = { hash: readInvoice(text)!.hash, invoice: text, description, amountMsat }
    const row = this.#state.addInvoice({ ...read, isHold: hash !== undefined })
    const { payment_request, add_index, r_hash } = invoice(row)
    return { payment_request, add_index, r_hash }
  }

  async #channels(): Promise<readonly ChannelInfo[]> {
    const channels = await this.#node.channels()
    for (const { channelId, isUsable } of channels) if (isUsable) this.#everUsable.add(channelId)
    return channels
  }

  #isOpen({ channelId, isClosing }: ChannelInfo): boolean {
    return !isClosing && this.#everUsable.has(channelId)
  }
}

const STREAMS = /subscribe|\/v2\/router|^DELETE \/v1\/channels/

function invoice(row: InvoiceRow): Readonly<Record<string, unknown>> {
  const records = row.records.map(({ type, value }) => [String(type), Buffer.from(value).toString('base64')])
  const isPaid = row.state === 'ACCEPTED' || row.state === 'SETTLED'
  return {
    memo: row.description,
    r_preimage: row.isHold && row.state !== 'SETTLED' ? '' : Buffer.alloc(32, 1).toString('base64'),
    r_hash: Buffer.from(row.hash, 'hex').toString('base64'),
    value_msat: String(row.amountMsat),
    payment_request: row.invoice,
    add_index: String(row.addIndex),
    settle_index: String(row.settleIndex),
    amt_paid_msat: String(row.paidMsat),
    state: row.state,
    htlcs: isPaid ? [{ state: row.state, custom_records: Object.fromEntries(records) as object }] : [],
    is_keysend: row.isKeysend,
  }
}

/** The node tells no funding transaction: this one follows from the channel's id, as if it were its first output. */
function point({ channelId }: ChannelInfo): string {
  return `${Buffer.from(channelId, 'hex').reverse().toString('hex')}:0`
}

function openChannel(channel: ChannelInfo): object {
  const { peerId, capacitySat, outboundMsat, inboundMsat, isOurs } = channel
  const reserveSat = capacitySat / 100n
  const localSat = outboundMsat / 1000n + reserveSat + (isOurs ? FEE_BUFFER_SAT : 0n)
  return {
    active: channel.isUsable,
    remote_pubkey: peerId,
    channel_point: point(channel),
    capacity: String(capacitySat),
    local_balance: String(localSat),
    remote_balance: String(inboundMsat / 1000n + reserveSat),
    ...COMMITMENT,
    pending_htlcs: Array.from({ length: channel.pending }, () => ({ incoming: false })),
    initiator: isOurs,
    local_constraints: { chan_reserve_sat: String(reserveSat) },
    remote_constraints: { chan_reserve_sat: String(reserveSat) },
  }
}

function pending(channel: ChannelInfo): object {
  return {
    remote_node_pub: channel.peerId,
    channel_point: point(channel),
    capacity: String(channel.capacitySat),
    initiator: channel.isOurs ? 'INITIATOR_LOCAL' : 'INITIATOR_REMOTE',
  }
}

function octets(base64: unknown): Buffer {
  return Buffer.from(base64 as string, 'base64')
}

function sha256(data: Uint8Array): string {
  return createHash('sha256').update(data).digest('hex')
}
