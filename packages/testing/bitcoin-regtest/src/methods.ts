/** What the node answers: bcoin's own methods, with the answers of Bitcoin Core where the two differ. Testing. */
import type { FullNode } from './bcoin.ts'
import type { RegtestChain } from './chain.ts'
import type { Faucet } from './faucet.ts'
import type { Door } from './mempool.ts'

export type Method = (...params: readonly unknown[]) => unknown

export interface Parts {
  readonly node: FullNode
  readonly chain: RegtestChain
  readonly door: Door
  readonly faucet: Faucet
}

export function methodsOf(parts: Parts): ReadonlyMap<string, Method> {
  return new Map(Object.entries({ ...coreMethods(parts), ...regtestMethods(parts) }))
}

/** Bitcoin Core's names. */
function coreMethods({ node, chain, door }: Parts): Record<string, Method> {
  const own = (method: string, ...params: readonly unknown[]): Promise<unknown> =>
    node.rpc.execute({ method, params })
  const same = SAME_AS_CORE.map((name): [string, Method] => [name, (...params) => own(name, ...params)])
  return {
    ...Object.fromEntries(same),
    sendrawtransaction: (raw) => door.send(raw),
    submitpackage: async (raws) => {
      try {
        await door.sendPackage(raws as readonly unknown[])
        return { package_msg: 'success' }
      } catch (error) {
        return { package_msg: (error as Error).message }
      }
    },
    generatetoaddress: (blocks, address) => chain.mine(Number(blocks), String(address)),
    // Core's verbosity is a number; bcoin's two flags.
    getblock: (hash, verbosity = 1) => own('getblock', hash, Number(verbosity) > 0, verbosity === 2),
    getblockheader: async (hash, verbose = true) => {
      const header = await own('getblockheader', hash, verbose)
      return typeof header === 'string' ? header : ofItsBranch(node, header as Header)
    },
    getrawtransaction: (txid, verbose = false) => own('getrawtransaction', txid, Boolean(verbose)),
    getmempoolinfo: async () => ({
      ...((await own('getmempoolinfo')) as object),
      mempoolminfee: door.feeRateMin / SATS_PER_BITCOIN,
      minrelaytxfee: door.feeRateMin / SATS_PER_BITCOIN,
      incrementalrelayfee: 1000 / SATS_PER_BITCOIN,
    }),
    getnetworkinfo: async () => ({
      ...((await own('getnetworkinfo')) as object),
      relayfee: door.feeRateMin / SATS_PER_BITCOIN,
      incrementalfee: 1000 / SATS_PER_BITCOIN,
    }),
    estimatesmartfee: (blocks) =>
      door.estimate === undefined
        ? { errors: ['Insufficient data or no feerate found'], blocks }
        : { feerate: door.estimate / SATS_PER_BITCOIN, blocks },
  }
}

/** Where bcoin answers as Core does. */
const SAME_AS_CORE = [
  ...[
    'getbestblockhash',
    'getblockchaininfo',
    'getblockcount',
    'getblockhash',
    'getchaintips',
    'getdifficulty',
  ],
  ...['getmempoolentry', 'getmempoolancestors', 'getmempooldescendants', 'getrawmempool', 'gettxout'],
  ...['decoderawtransaction', 'decodescript', 'validateaddress', 'submitblock', 'getblocktemplate'],
]

/** What no real chain does. */
function regtestMethods({ chain, door, faucet, node }: Parts): Record<string, Method> {
  return {
    regtest_mine: (blocks) => chain.mine(Number(blocks)),
    regtest_send: async (address, sats) => {
      const tx = await faucet.pay(String(address), Number(sats))
      return door.send(tx.toRaw().toString('hex'))
    },
    regtest_reorganise: async (depth, include, isForgetful) => {
      const raws = include as readonly unknown[]
      const replaced = await chain.replace(
        Number(depth),
        raws.map((raw) => door.decode(raw)),
      )
      if (isForgetful === true) door.forget(replaced.map((tx) => tx.hash('hex')))
      else await door.restore(replaced)
      return node.chain.tip.rhash()
    },
    regtest_forget: (txid) => door.forget([Buffer.from(String(txid), 'hex').reverse().toString('hex')]),
    regtest_fees: (estimate, feeRateMin) => {
      door.estimate = estimate === null ? undefined : Number(estimate)
      if (feeRateMin) door.feeRateMin = Number(feeRateMin)
    },
  }
}

const SATS_PER_BITCOIN = 100_000_000

interface Header {
  readonly hash: string
  readonly height: number
}

/** Core counts no confirmations on a branch that lost. */
async function ofItsBranch(node: FullNode, header: Header): Promise<Header> {
  const entry = header.height > node.chain.height ? undefined : await node.chain.getEntry(header.height)
  return entry?.rhash() === header.hash ? header : ({ ...header, confirmations: -1 } as Header)
}
