/** The node as a process: says its address, and ends with whoever holds the other end of its input. Testing. */
import { parseArgs } from 'node:util'
import { loadBcoin } from './bcoin.ts'
import { RegtestChain } from './chain.ts'
import { Faucet } from './faucet.ts'
import { Door } from './mempool.ts'
import { methodsOf } from './methods.ts'
import { serve } from './server.ts'

process.stdin.resume().once('end', () => process.exit(0))
// Ctrl-C in a terminal is for the parent, which tells us in its own time.
process.on('SIGINT', () => undefined)

const { values } = parseArgs({
  options: { port: { type: 'string' }, user: { type: 'string' }, password: { type: 'string' } },
})

const bcoin = loadBcoin()
const regtest = bcoin.Network.get('regtest')
// bcoin's regtest has prefixes of its own; these are Core's.
Object.assign(regtest.addressPrefix, { pubkeyhash: 0x6f, scripthash: 0xc4, bech32: 'bcrt' })
regtest.keyPrefix.privkey = 0xef

const node = new bcoin.FullNode({
  network: 'regtest',
  memory: true,
  workers: false,
  listen: false,
  noAuth: true,
  replaceByFee: true,
  logLevel: 'none',
  ...{ config: false, argv: false, env: false },
})
// A transaction that a reorganisation has made void, for the most part: not ours to die of.
node.on('error', () => undefined)
// Neither its peers nor its own server: what a chain of one needs, and no more.
for (const part of [node.chain, node.mempool, node.miner]) await part.open()

const chain = new RegtestChain(bcoin, node)
const faucet = new Faucet(bcoin, node)
faucet.addCoinbases(await chain.activate(faucet.key.getAddress()))
const { user = '', password = '' } = values
const port = await serve({
  port: Number(values.port),
  user,
  password,
  methods: methodsOf({ node, chain, faucet, door: new Door(bcoin, node) }),
})
process.stdout.write(`http://${user}:${password}@127.0.0.1:${port}\n`)
