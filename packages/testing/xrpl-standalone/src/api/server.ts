/**
 * server_info, server_state, fee, ping, version, random. Testing.
 */
import { randomBytes } from 'node:crypto'
import { BASE_FEE_DROPS, buildVersion, RESERVE_BASE_DROPS, RESERVE_INCREMENT_DROPS } from '../engine/rules.ts'
import { scaled } from '../engine/engine.ts'
import { LOAD_BASE } from '../streams/publish.ts'
import type { Call, Json } from './call.ts'

const DROPS_PER_XRP = 1_000_000

/** Of no importance: the server has no peers, so nobody checks it. */
const NODE_KEY = 'n9KorY8QtTdRx7TVDpwnG9NvyxsDwHUKUEeDLY3AkiGncVaSXZi5'

export function serverInfo(call: Call): Json {
  const { node } = call
  const { index, hash, closeTime } = node.seenLedger()
  return {
    info: {
      ...commonState(call),
      hostid: 'xrpl-standalone',
      last_close: { converge_time_s: 0, proposers: 0 },
      load_factor: node.chain.loadFactor,
      time: new Date(node.clock.nowMs()).toISOString(),
      validated_ledger: {
        age: Math.max(0, node.clock.nowS() - closeTime),
        base_fee_xrp: Number(BASE_FEE_DROPS) / DROPS_PER_XRP,
        hash,
        reserve_base_xrp: Number(RESERVE_BASE_DROPS) / DROPS_PER_XRP,
        reserve_inc_xrp: Number(RESERVE_INCREMENT_DROPS) / DROPS_PER_XRP,
        seq: index,
      },
      validator_list: { count: 0, expiration: 'unknown', status: 'unknown' },
    },
  }
}

export function serverState(call: Call): Json {
  const { node } = call
  const { index, hash, closeTime } = node.seenLedger()
  const load = Math.round(node.chain.loadFactor * LOAD_BASE)
  return {
    state: {
      ...commonState(call),
      last_close: { converge_time: 0, proposers: 0 },
      load_base: LOAD_BASE,
      load_factor: load,
      load_factor_fee_escalation: load,
      load_factor_fee_queue: LOAD_BASE,
      load_factor_fee_reference: LOAD_BASE,
      load_factor_server: LOAD_BASE,
      validated_ledger: {
        base_fee: Number(BASE_FEE_DROPS),
        close_time: closeTime,
        hash,
        reserve_base: Number(RESERVE_BASE_DROPS),
        reserve_inc: Number(RESERVE_INCREMENT_DROPS),
        seq: index,
      },
      validator_list_expires: 0,
    },
  }
}

function commonState({ node }: Call): Json {
  const { rules } = node.chain
  return {
    build_version: buildVersion(rules),
    complete_ledgers: node.ledgerRange(node.seenLedger()),
    io_latency_ms: 1,
    jq_trans_overflow: '0',
    ...(rules.networkId === 0 ? {} : { network_id: rules.networkId }),
    node_size: 'tiny',
    peer_disconnects: '0',
    peer_disconnects_resources: '0',
    peers: 0,
    pubkey_node: NODE_KEY,
    pubkey_validator: 'none',
    server_state: 'full',
    validation_quorum: 0,
  }
}

const EXPECTED_LEDGER_SIZE = 1000
const QUEUE_LEDGERS = 20
const MEDIAN_LEVEL = 500

export function fee({ node }: Call): Json {
  const { chain } = node
  const open = scaled(BASE_FEE_DROPS, chain.loadFactor)
  const isFresh = chain.validated.index === chain.history.oldest.index
  return {
    current_ledger_size: String(chain.openTransactions.length),
    current_queue_size: '0',
    drops: {
      base_fee: String(BASE_FEE_DROPS),
      median_fee: String(BASE_FEE_DROPS * BigInt(MEDIAN_LEVEL)),
      minimum_fee: String(BASE_FEE_DROPS),
      open_ledger_fee: String(open),
    },
    expected_ledger_size: String(EXPECTED_LEDGER_SIZE),
    ledger_current_index: chain.openIndex,
    levels: {
      median_level: String(MEDIAN_LEVEL * LOAD_BASE),
      minimum_level: String(LOAD_BASE),
      open_ledger_level: String(Math.round(chain.loadFactor * LOAD_BASE)),
      reference_level: String(LOAD_BASE),
    },
    // The server learns it from the ledgers that close.
    ...(isFresh ? {} : { max_queue_size: String(EXPECTED_LEDGER_SIZE * QUEUE_LEDGERS) }),
  }
}

export function ping(): Json {
  return { role: 'admin', unlimited: true }
}

export function version(): Json {
  return { version: { first: '1.0.0', good: '1.0.0', last: '1.0.0' } }
}

export function random(): Json {
  return { random: randomBytes(32).toString('hex').toUpperCase() }
}
