/** Answers as Core Lightning does by way of clnrest, with a real node behind it. */
import { createHash, randomBytes } from 'node:crypto'
import type { ChannelInfo, LightningNode } from '@hourglass/lightning'
import { LightningError } from '@hourglass/lightning/io'
import { readInvoice } from './bolt11.ts'
import { DaemonState, type InvoiceRow, type PaymentRow } from './daemon-state.ts'
import { readPayload, readTruncated } from './onion.ts'
import { type Call, DaemonServer, type Reply } from './server.ts'

export const RUNE = 'zm0x_nLxGEbbyeEjoYOMtDc8L2iTYTkP6WKDdeMhvC49MA=='

const ONION_BYTES = 1366
const [AMOUNT, CLTV, KEYSEND] = [2n, 4n, 5_482_373_484n]
const FINAL_CLTV_MIN = 18n

const [CATCHALL, NO_RUNE, BAD_RUNE, NO_METHOD] = [-1, 1501, 1502, -32_601]
const STATUS: Readonly<Record<number, number>> = { [NO_RUNE]: 403, [BAD_RUNE]: 401, [NO_METHOD]: 404 }

type Params = Call['body']
type Method = (params: Params) => Promise<object>

class RpcError extends Error {
  readonly code: number

  constructor(code: number, message: string) {
    super(message)
    this.code = code
  }
}

export class ClnServer {
  readonly server: DaemonServer = new DaemonServer((call, reply) => this.#answer(call, reply))
  readonly #state: DaemonState
  readonly #node: LightningNode
  readonly #methods: Readonly<Record<string, Method>>
  /** What is inside of those that were made here. */
  readonly #onions = new Map<
    string,
    { readonly pubkey: string; readonly payload: string; readonly hash: string }
  >()

  constructor(node: LightningNode) {
    this.#node = node
    this.#state = new DaemonState(node)
    this.#methods = {
      ...this.#nodeMethods(),
      ...this.#channelMethods(),
      ...this.#invoiceMethods(),
      ...this.#onionMethods(),
      ...this.#payMethods(),
    }
  }

  async #answer(call: Call, reply: Reply): Promise<void> {
    try {
      reply.send(201, await this.#call(call))
    } catch (error) {
      if (!(error instanceof RpcError) && !(error instanceof LightningError)) throw error
      const code = error instanceof RpcError ? error.code : CATCHALL
      reply.send(STATUS[code] ?? 500, { code, message: error.message })
    }
  }

  async #call({ route, headers, body }: Call): Promise<object> {
    const { rune } = headers
    if (rune === undefined) throw new RpcError(NO_RUNE, 'Not authorized: Missing rune')
    if (rune !== RUNE) throw new RpcError(BAD_RUNE, 'Rune is not valid')
    if (this.server.refuses(route)) throw new RpcError(CATCHALL, 'Plugin terminated before replying')
    const method = this.#methods[route.replace('POST /v1/', '')]
    if (method === undefined) throw new RpcError(NO_METHOD, `Unknown command '${route}'`)
    return method(body)
  }

  #nodeMethods(): Readonly<Record<string, Method>> {
    const node = this.#node
    return {
      getinfo: async () => {
        const { nodeId, host, port, height } = await node.info()
        const address = [{ type: 'ipv4', address: host, port }]
        return { id: nodeId, version: 'v26.06', blockheight: height, network: 'regtest', address }
      },
      listpeers: async () => ({ peers: (await this.#state.peers()).map((id) => ({ id, connected: true })) }),
      connect: async ({ id, host, port }) => {
        const peer = { nodeId: id as string, host: host as string, port: port as number }
        if (!(await this.#state.peers()).includes(peer.nodeId)) {
          await this.#state.connect(peer).catch((error: unknown) => {
            throw new RpcError(401, `All addresses failed: ${(error as Error).message}`)
          })
        }
        return { id, features: '', direction: 'out', address: { type: 'ipv4', address: host, port } }
      },
      disconnect: async ({ id }) => {
        await node.disconnect(id as string)
        this.#state.disconnected(id as string)
        return {}
      },
      newaddr: async () => ({ bech32: await node.address() }),
      listfunds: async () => {
        const amount_msat = Number((await node.walletSat()) * 1000n)
        return { outputs: [{ amount_msat, status: 'confirmed', reserved: false }], channels: [] }
      },
    }
  }

  #channelMethods(): Readonly<Record<string, Method>> {
    const node = this.#node
    return {
      listpeerchannels: async () => ({ channels: (await node.channels()).map(peerChannel) }),
      fundchannel: async ({ id, amount, push_msat }) => {
        const before = new Set((await node.channels()).map(({ channelId }) => channelId))
        const capacitySat = BigInt((amount as string).replace('sat', ''))
        const pushMsat = BigInt((push_msat as string).replace('msat', ''))
        await node.openChannel({ peerId: id as string, capacitySat, pushMsat })
        for (;;) {
          const channel = (await node.channels()).find(({ channelId }) => !before.has(channelId))
          if (channel !== undefined) return { channel_id: channel.channelId, outnum: 0 }
          await this.#state.change()
        }
      },
      close: async ({ id, unilateraltimeout }) => {
        const isForced = unilateraltimeout !== 0
        await node.closeChannel(id as string, isForced)
        return { type: isForced ? 'unilateral' : 'mutual', txids: [] }
      },
    }
  }

  #invoiceMethods(): Readonly<Record<string, Method>> {
    const state = this.#state
    return {
      invoice: async ({ amount_msat, description, expiry }) => {
        const amountMsat = BigInt((amount_msat as string).replace('msat', ''))
        const text = description as string
        const options = { amountMsat, description: text, expiryS: expiry as number }
        const bolt11 = await this.#node.createInvoice(options)
        const { hash } = readInvoice(bolt11)!
        state.addInvoice({ hash, invoice: bolt11, description: text, amountMsat, isHold: false })
        return { bolt11, payment_hash: hash }
      },
      listinvoices: ({ start, limit }) => {
        const rows = state.invoices.filter(({ addIndex }) => addIndex >= (start as number))
        return Promise.resolve({ invoices: rows.slice(0, limit as number).map(invoice) })
      },
      waitanyinvoice: async ({ lastpay_index, timeout }) => {
        const until = Date.now() + (timeout as number) * 1000
        while (Date.now() < until) {
          const next = state.settledInvoices()[lastpay_index as number]
          if (next !== undefined) return invoice(next)
          await state.change()
        }
        throw new RpcError(904, 'Timed out')
      },
      decode: ({ string }) => {
        const read = readInvoice(string as string)
        if (read === undefined) throw new RpcError(-32602, 'string: Unparsable')
        const { hash, amountMsat } = read
        const amount_msat = Number(amountMsat)
        return Promise.resolve({ type: 'bolt11 invoice', valid: true, payment_hash: hash, amount_msat })
      },
    }
  }

  #onionMethods(): Readonly<Record<string, Method>> {
    return {
      getroutes: async ({ destination, amount_msat }) => {
        const amountMsat = BigInt((amount_msat as string).replace('msat', ''))
        const way = (await this.#node.channels()).find(
          (each) => each.peerId === destination && each.isUsable && each.outboundMsat >= amountMsat,
        )
        if (way === undefined) throw new RpcError(205, 'We could not find a usable set of paths.')
        const [amount, node_id_in] = [Number(amountMsat), (await this.#node.info()).nodeId]
        const hop = { short_channel_id_dir: '1x1x0/0', node_id_in, node_id_out: destination }
        const costs = { amount_in_msat: amount, amount_out_msat: amount, cltv_in: 42, cltv_out: 42 }
        const older = { next_node_id: destination, amount_msat: amount, delay: 42 }
        const path = [{ ...hop, ...costs, ...older }]
        return { probability_ppm: 999_999, routes: [{ amount_msat: amount, final_cltv: 42, path }] }
      },
      createonion: ({ hops, assocdata }) => {
        const [hop] = hops as readonly { readonly pubkey: string; readonly payload: string }[]
        const onion = randomBytes(ONION_BYTES).toString('hex')
        this.#onions.set(onion, { ...hop!, hash: assocdata as string })
        return Promise.resolve({ onion, shared_secrets: [randomBytes(32).toString('hex')] })
      },
      sendonion: (params) => this.#sendOnion(params),
      listsendpays: ({ payment_hash }) => {
        const row = this.#state.payments.get(rowKey(payment_hash, 1))
        return Promise.resolve({ payments: row === undefined ? [] : [{ ...payment(row), groupid: 1 }] })
      },
      waitsendpay: async ({ payment_hash, groupid, timeout }) => {
        const row = this.#state.payments.get(rowKey(payment_hash, groupid))
        if (row === undefined) throw new RpcError(208, 'Never attempted payment')
        const until = Date.now() + (timeout as number) * 1000
        while (row.end === undefined && Date.now() < until) await this.#state.change()
        if (row.end === undefined) throw new RpcError(200, 'Timed out while waiting')
        if (row.end.kind === 'failed') throw new RpcError(204, `failed: ${row.end.reason}`)
        return payment(row)
      },
    }
  }

  /** One row for each hash and group: a second order is answered by what became of the first. */
  async #sendOnion({ onion, payment_hash, groupid, first_hop }: Params): Promise<object> {
    const key = rowKey(payment_hash, groupid)
    const before = this.#state.payments.get(key)
    if (before?.end?.kind === 'failed')
      throw new RpcError(201, 'There already is a payment with this hash and group')
    if (before !== undefined) return payment(before)
    const { pubkey, payload, hash } = this.#onions.get(onion as string)!
    const records = readPayload(payload)
    const [amountMsat, cltv] = [readTruncated(records.get(AMOUNT)), readTruncated(records.get(CLTV))]
    const preimage = records.get(KEYSEND)!
    const { amount_msat } = first_hop as { readonly amount_msat: string }
    const { height } = await this.#node.info()
    const isRight =
      sha256(preimage) === payment_hash && hash === payment_hash && amount_msat === `${amountMsat}msat`
    if (!isRight || cltv < BigInt(height) + FINAL_CLTV_MIN) throw new RpcError(-32602, 'a bad onion')
    for (const type of [AMOUNT, CLTV, KEYSEND]) records.delete(type)
    const custom = [...records].map(([type, value]) => ({ type, value }))
    const keysend = { nodeId: pubkey, amountMsat, preimage, records: custom }
    const row = this.#state.begin({ hash, amountMsat, key }, () => this.#node.keysend(keysend))
    return payment(row)
  }

  #payMethods(): Readonly<Record<string, Method>> {
    const { payments } = this.#state
    return {
      xpay: async ({ invstring }) => {
        const { hash, amountMsat } = readInvoice(invstring as string)!
        const row =
          payments.get(hash) ??
          this.#state.begin({ hash, amountMsat }, () => this.#node.payInvoice(invstring as string))
        while (row.end === undefined) await this.#state.change()
        if (row.end.kind === 'failed') throw new RpcError(205, row.end.reason)
        return payment(row)
      },
      listpays: ({ payment_hash }) => {
        const row = payments.get(payment_hash as string)
        return Promise.resolve({ pays: row === undefined ? [] : [payment(row)] })
      },
      delpay: ({ payment_hash }) => {
        payments.delete(payment_hash as string)
        return Promise.resolve({ payments: [] })
      },
    }
  }
}

function rowKey(hash: unknown, group: unknown): string {
  return `${hash as string} ${group as number}`
}

function payment({ hash, amountMsat, createdAt, end }: PaymentRow): object {
  const known = { payment_hash: hash, created_at: createdAt, amount_msat: Number(amountMsat) }
  if (end?.kind !== 'sent') return { ...known, status: end === undefined ? 'pending' : 'failed' }
  const preimage = Buffer.from(end.preimage).toString('hex')
  const amount_sent_msat = Number(amountMsat + end.feeMsat)
  return { ...known, status: 'complete', preimage, payment_preimage: preimage, amount_sent_msat }
}

function invoice(row: InvoiceRow): object {
  const { addIndex, hash, state, settleIndex, paidMsat } = row
  const isPaid = state === 'SETTLED'
  return {
    label: row.isKeysend ? `keysend-${1_700_000_000 + addIndex}.000000000` : `label-${addIndex}`,
    description: row.isKeysend ? keysendDescription(row) : row.description,
    payment_hash: hash,
    status: isPaid ? 'paid' : 'unpaid',
    created_index: addIndex,
    ...(isPaid && { pay_index: settleIndex, amount_received_msat: Number(paidMsat) }),
  }
}

/** As its keysend plugin does it: of the records that it does not know the longest that is text. */
function keysendDescription({ records }: InvoiceRow): string {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let longest: string | undefined
  for (const { value } of records) {
    try {
      const text = decoder.decode(value)
      if (longest === undefined || text.length > longest.length) longest = text
    } catch {
      // Not text.
    }
  }
  return longest === undefined ? 'keysend' : `keysend: ${longest}`
}

function peerChannel(channel: ChannelInfo): object {
  const { peerId, channelId, capacitySat, outboundMsat, inboundMsat, isUsable, isClosing, isOurs } = channel
  return {
    peer_id: peerId,
    peer_connected: isUsable,
    state: isClosing ? 'CLOSINGD_SIGEXCHANGE' : isUsable ? 'CHANNELD_NORMAL' : 'CHANNELD_AWAITING_LOCKIN',
    channel_id: channelId,
    opener: isOurs ? 'local' : 'remote',
    total_msat: Number(capacitySat * 1000n),
    spendable_msat: Number(outboundMsat),
    receivable_msat: Number(inboundMsat),
    htlcs: Array.from({ length: channel.pending }, () => ({ direction: 'out' })),
  }
}

function sha256(data: Uint8Array): string {
  return createHash('sha256').update(data).digest('hex')
}
