/**
 * A Lightning node with the least code around LDK: nothing is durable, there is no wallet, and blocks are made up.
 * It does what is asked over IPC, one thing at a time. Tooling.
 */
import { createHash, randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { type Socket, connect, createServer } from 'node:net'
import { dirname, join } from 'node:path'
import * as ldk from 'lightningdevkit'
import * as bindings from 'lightningdevkit/bindings.mjs'
import { CommonBase } from 'lightningdevkit/structs/CommonBase.mjs'
import { keepInFlight } from '../load.ts'

/** Each is answered with what it returns. */
export type FloorRequest =
  | { readonly kind: 'start' }
  | { readonly kind: 'connect'; readonly nodeId: string; readonly port: number }
  | { readonly kind: 'open'; readonly nodeId: string }
  | { readonly kind: 'confirm'; readonly transaction: string }
  | { readonly kind: 'usable' }
  | { readonly kind: 'pay'; readonly nodeId: string; readonly payments: number; readonly inFlight: number }

const CAPACITY_SAT = 10_000_000n
const AMOUNT_MSAT = 1000n
const PAYMENTS_AT_ONCE = 483
const DUST_MSAT_MAX = 100_000_000n
/** Lets LDK forget payments that have ended: as long as it knows them, each one makes all dearer. */
const TICK_MS = 1000
const HEADER_BYTES = 80
const HEIGHT = 100

interface Wrapper {
  get_ptr_of(object: CommonBase): bigint
  set_null_skip_free(object: CommonBase): void
}
const wrapper = CommonBase as unknown as Wrapper
const release = bindings as unknown as Readonly<Record<string, (pointer: bigint) => void>>

/** What callbacks are handed is freed too late otherwise. */
function free(object: CommonBase, type: string): void {
  const pointer = wrapper.get_ptr_of(object)
  if (pointer === 0n) return
  wrapper.set_null_skip_free(object)
  release[`${type}_free`]!(pointer)
}

const binary = join(dirname(createRequire(import.meta.url).resolve('lightningdevkit')), 'liblightningjs.wasm')
const say = console.log
// LDK greets.
console.log = () => undefined
await ldk.initializeWasmFromBinary(readFileSync(binary))
console.log = say

const { manager, chainMonitor, peers } = makeNode()
const paying = new Map<string, () => void>()
let funding: ((transaction: string) => void) | undefined
/** Payments have come in that LDK has not taken up. */
let isForwarding = false
/** Both have signed for the channel. */
let isPending = false
let lastDescriptor = 0n
const noAddress = ldk.Option_SocketAddressZ.constructor_none()
const pump = makePump()
setInterval(() => {
  manager.timer_tick_occurred()
  pump()
}, TICK_MS)

function makeNode() {
  const logger = ldk.Logger.new_impl({ log: (record) => free(record, 'Record') })
  const fees = ldk.FeeEstimator.new_impl({
    get_est_sat_per_1000_weight: (target) =>
      target === ldk.ConfirmationTarget.LDKConfirmationTarget_MaximumFeeEstimate ? 5000 : 253,
  })
  const broadcaster = ldk.BroadcasterInterface.new_impl({ broadcast_transactions: () => undefined })
  const { LDKChannelMonitorUpdateStatus_Completed: completed } = ldk.ChannelMonitorUpdateStatus
  const persist = ldk.Persist.new_impl({
    persist_new_channel(funding, monitor) {
      free(monitor, 'ChannelMonitor')
      free(funding, 'OutPoint')
      return completed
    },
    update_persisted_channel(funding, update, monitor) {
      free(monitor, 'ChannelMonitor')
      free(funding, 'OutPoint')
      free(update, 'ChannelMonitorUpdate')
      return completed
    },
    archive_persisted_channel: () => undefined,
  })
  const keys = ldk.KeysManager.constructor_new(randomBytes(32), 1n, 1)
  const noFilter = ldk.Option_FilterZ.constructor_none()
  const chainMonitor = ldk.ChainMonitor.constructor_new(noFilter, broadcaster, logger, fees, persist)
  const graph = ldk.NetworkGraph.constructor_new(ldk.Network.LDKNetwork_Regtest, logger)
  const decay = ldk.ProbabilisticScoringDecayParameters.constructor_default()
  const scorer = ldk.ProbabilisticScorer.constructor_new(decay, graph, logger)
  const score = ldk.MultiThreadedLockableScore.constructor_new(scorer.as_Score())
  const entropy = keys.as_EntropySource()
  const router = ldk.DefaultRouter.constructor_new(
    graph,
    logger,
    entropy,
    score.as_LockableScore(),
    ldk.ProbabilisticScoringFeeParameters.constructor_default(),
  )
  const best = ldk.BestBlock.constructor_new(new Uint8Array(32), HEIGHT)
  const manager = ldk.ChannelManager.constructor_new(
    fees,
    chainMonitor.as_Watch(),
    broadcaster,
    router.as_Router(),
    ldk.DefaultMessageRouter.constructor_new(graph, entropy).as_MessageRouter(),
    logger,
    entropy,
    keys.as_NodeSigner(),
    keys.as_SignerProvider(),
    makeSettings(),
    ldk.ChainParameters.constructor_new(ldk.Network.LDKNetwork_Regtest, best),
    Math.floor(Date.now() / 1000),
  )
  const ignoring = ldk.IgnoringMessageHandler.constructor_new()
  const noLookup = ldk.Option_UtxoLookupZ.constructor_none()
  const peers = ldk.PeerManager.constructor_new(
    manager.as_ChannelMessageHandler(),
    ldk.P2PGossipSync.constructor_new(graph, noLookup, logger).as_RoutingMessageHandler(),
    ignoring.as_OnionMessageHandler(),
    ignoring.as_CustomMessageHandler(),
    Math.floor(Date.now() / 1000),
    randomBytes(32),
    logger,
    keys.as_NodeSigner(),
  )
  return { manager, chainMonitor, peers }
}

/** The same channels as ours. */
function makeSettings(): ldk.UserConfig {
  const settings = ldk.UserConfig.constructor_default()
  const handshake = settings.get_channel_handshake_config()
  handshake.set_minimum_depth(1)
  handshake.set_max_inbound_htlc_value_in_flight_percent_of_channel(100)
  handshake.set_our_max_accepted_htlcs(PAYMENTS_AT_ONCE)
  handshake.set_our_htlc_minimum_msat(1n)
  handshake.set_announce_for_forwarding(false)
  handshake.set_negotiate_anchors_zero_fee_htlc_tx(true)
  settings.set_channel_handshake_config(handshake)
  const channel = settings.get_channel_config()
  channel.set_max_dust_htlc_exposure(ldk.MaxDustHTLCExposure.constructor_fixed_limit_msat(DUST_MSAT_MAX))
  settings.set_channel_config(channel)
  settings.set_manually_accept_inbound_channels(true)
  return settings
}

/** Carries out what LDK wants, at the end of the turn. */
function makePump(): () => void {
  const handler = ldk.EventHandler.new_impl({
    handle_event(event) {
      handle(event)
      return ldk.Result_NoneReplayEventZ.constructor_ok()
    },
  })
  const events = [manager.as_EventsProvider(), chainMonitor.as_EventsProvider()]
  let isQueued = false
  return () => {
    if (isQueued) return
    isQueued = true
    setImmediate(() => {
      isQueued = false
      do {
        for (const provider of events) provider.process_pending_events(handler)
        if (isForwarding) manager.process_pending_htlc_forwards()
        isForwarding = false
        peers.process_events()
      } while (manager.get_and_clear_needs_persistence())
    })
  }
}

function handle(event: ldk.Event): void {
  if (event instanceof ldk.Event_PendingHTLCsForwardable) isForwarding = true
  else if (event instanceof ldk.Event_ChannelPending) isPending = true
  else if (event instanceof ldk.Event_PaymentClaimable) {
    const { purpose } = event
    if (purpose instanceof ldk.PaymentPurpose_SpontaneousPayment)
      manager.claim_funds(purpose.spontaneous_payment)
  } else if (event instanceof ldk.Event_PaymentSent) {
    const name = hex(event.payment_hash)
    paying.get(name)?.()
    paying.delete(name)
  } else if (event instanceof ldk.Event_OpenChannelRequest) {
    manager.accept_inbound_channel(event.temporary_channel_id, event.counterparty_node_id, 0n)
  } else if (event instanceof ldk.Event_FundingGenerationReady) {
    const raw = fundingTransaction(event.output_script, event.channel_value_satoshis)
    manager.funding_transaction_generated(event.temporary_channel_id, event.counterparty_node_id, raw)
    funding?.(hex(raw))
  }
}

/** One that spends nothing there is: nobody looks. */
function fundingTransaction(script: Uint8Array, amountSat: bigint): Uint8Array {
  const amount = Buffer.alloc(8)
  amount.writeBigUInt64LE(amountSat)
  return Buffer.concat([
    Buffer.from('020000000001', 'hex'),
    Buffer.from('01', 'hex'),
    randomBytes(32),
    Buffer.from('0000000000fdffffff', 'hex'),
    Buffer.from([1]),
    amount,
    Buffer.from([script.length]),
    script,
    Buffer.from('0101ff', 'hex'),
    Buffer.alloc(4),
  ])
}

function attach(socket: Socket): ldk.SocketDescriptor {
  socket.setNoDelay(true)
  const id = ++lastDescriptor
  const descriptor = ldk.SocketDescriptor.new_impl({
    send_data(data) {
      if (data.length > 0) socket.write(data)
      return data.length
    },
    disconnect_socket: () => void socket.destroy(),
    eq: (other) => other.hash() === id,
    hash: () => id,
  })
  socket.on('data', (bytes) => {
    peers.read_event(descriptor, bytes)
    pump()
  })
  return descriptor
}

const perform: { [Kind in FloorRequest['kind']]: (request: FloorRequest & { kind: Kind }) => unknown } = {
  async start() {
    const server = createServer((socket) => peers.new_inbound_connection(attach(socket), noAddress))
    const port = await new Promise((resolve) => {
      server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port))
    })
    return { pid: process.pid, nodeId: hex(manager.get_our_node_id()), port }
  },
  async connect({ nodeId, port }) {
    const socket = connect({ host: '127.0.0.1', port })
    const greeting = peers.new_outbound_connection(Buffer.from(nodeId, 'hex'), attach(socket), noAddress)
    if (greeting instanceof ldk.Result_CVec_u8ZPeerHandleErrorZ_OK) socket.write(greeting.res)
    while (peers.list_peers().length === 0) await breath()
  },
  async open({ nodeId }) {
    const transaction = new Promise((resolve) => (funding = resolve))
    manager.create_channel(Buffer.from(nodeId, 'hex'), CAPACITY_SAT, 0n, 0n, null, null)
    pump()
    return transaction
  },
  async confirm({ transaction }) {
    while (!isPending) await breath()
    const header = Buffer.alloc(HEADER_BYTES)
    const raw = Buffer.from(transaction, 'hex')
    for (const part of [chainMonitor.as_Confirm(), manager.as_Confirm()]) {
      const placed = ldk.TwoTuple_usizeTransactionZ.constructor_new(1, raw)
      part.transactions_confirmed(header, [placed], HEIGHT + 1)
      part.best_block_updated(header, HEIGHT + 1)
    }
    pump()
  },
  async usable() {
    while (!manager.list_channels().every((channel) => channel.get_is_usable())) await breath()
  },
  pay: ({ nodeId, payments, inFlight }) =>
    keepInFlight(inFlight, payments, () => pay(Buffer.from(nodeId, 'hex'))),
}

function pay(nodeId: Uint8Array): Promise<void> {
  const preimage = randomBytes(32)
  const hash = createHash('sha256').update(preimage).digest()
  const payee = ldk.PaymentParameters.constructor_for_keysend(nodeId, 40, false)
  const sent = manager.send_spontaneous_payment(
    ldk.Option_ThirtyTwoBytesZ.constructor_some(preimage),
    ldk.RecipientOnionFields.constructor_spontaneous_empty(),
    hash,
    ldk.RouteParameters.constructor_from_payment_params_and_value(payee, AMOUNT_MSAT),
    ldk.Retry.constructor_attempts(1),
  )
  if (!sent.is_ok()) throw new Error('not sent')
  pump()
  return new Promise((resolve) => paying.set(hex(hash), resolve))
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

function breath(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 5))
}

process.on('disconnect', () => process.exit())
process.on('message', (request: FloorRequest) => {
  const act = perform[request.kind] as ((request: FloorRequest) => unknown) | undefined
  // Other questions are the meter's.
  if (act === undefined) return
  void Promise.resolve(act(request)).then((answer) => process.send!({ answer }))
})
