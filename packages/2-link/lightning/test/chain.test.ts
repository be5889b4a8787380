/** A chain's server that lags behind, goes away or lies: nothing is lost, and the node lives on and catches up. */
import { createServer } from 'node:net'
import { once } from 'node:events'
import { randomBytes } from 'node:crypto'
import { startBitcoinRegtest } from '@hourglass/bitcoin-regtest'
import { type LdkOptions, openLdkNode } from '@hourglass/lightning/io'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CAPACITY_SAT, type Party, Rig, keysend } from './rig.ts'
import { type Lie, TRUTH, UntrueServer } from './untrue-server.ts'

/** Deeper than a channel needs to be open. */
const LAG_BLOCKS = 8
/** Core's code for a block that it does not have. */
const NOT_FOUND = -5

describe('a node whose server is not to be trusted', () => {
  let rig: Rig
  let server: UntrueServer
  let alice: Party
  let bob: Party
  let fundedAbove: number

  beforeAll(async () => {
    rig = await Rig.start()
    fundedAbove = await rig.chain.height()
    server = await UntrueServer.start(rig.chain.url)
    ;[alice, bob] = await Promise.all([rig.open('alice', { rpcUrl: server.url }), rig.open('bob')])
    await rig.fund(alice, bob)
    await rig.openChannel(alice, bob)
  }, 120_000)
  afterAll(async () => {
    await rig.stop()
    server.stop()
  })

  const heightOf = async ({ node }: Party): Promise<number> => (await node.info()).height

  async function untilSaid(words: string): Promise<void> {
    await rig.until(() => rig.logs.some((line) => line.startsWith('alice') && line.includes(words)))
    rig.logs.length = 0
  }

  /** Lies while the chain goes on; then the truth again, which is caught up with. */
  async function livesThrough(lie: Lie, words: string): Promise<void> {
    const before = await heightOf(alice)
    server.lie = lie
    await rig.chain.mine()
    await untilSaid(words)
    expect(await heightOf(alice)).toBe(before)
    expect(await keysend(alice, bob, 1000n)).toMatchObject({ kind: 'sent' })
    server.lie = TRUTH
    await caughtUp()
  }

  async function caughtUp(): Promise<void> {
    const height = await rig.chain.height()
    await rig.until(async () => (await heightOf(alice)) === height)
    expect(await keysend(alice, bob, 1000n)).toMatchObject({ kind: 'sent' })
  }

  /** One bit of each block is another. */
  const inBlocks =
    (at: number): Lie =>
    async ({ method, params }, truth) => {
      const answer = await truth(method, ...params)
      if (method !== 'getblock') return answer
      const raw = Buffer.from(answer as string, 'hex')
      raw[at < 0 ? raw.length + at : at]! ^= 1
      return raw.toString('hex')
    }

  it('takes back no block because the server has not seen it yet', async () => {
    await rig.chain.mine(LAG_BLOCKS)
    await caughtUp()
    const old = (await rig.chain.height()) - LAG_BLOCKS
    await livesThrough(async ({ method, params }, truth) => {
      if (method === 'getblockcount') return old
      if (method === 'getblockhash' && Number(params[0]) > old) throw new Error('Block height out of range')
      return truth(method, ...params)
    }, 'lags behind')
  })

  it('goes on when a server that was away is there again', async () => {
    server.isAway = true
    await rig.chain.mine(3)
    await untilSaid('no chain at')
    expect(await keysend(alice, bob, 1000n)).toMatchObject({ kind: 'sent' })
    server.isAway = false
    await caughtUp()
  })

  it('takes no block that holds other transactions than its header says', async () => {
    // From the end: in its lock time, and in its signature.
    for (const at of [-1, -5]) {
      await rig.chain.send(await bob.node.address(), 50_000n)
      await livesThrough(inBlocks(at), 'other transactions than its header says')
    }
  })

  it('takes no block that is not what it is called, and none without its proof of work', async () => {
    await livesThrough(inBlocks(70), 'not what it is called')
    await livesThrough(async ({ method, params }, truth) => {
      const count = (await truth('getblockcount')) as number
      const isNewest = method === 'getblockhash' && params[0] === count
      return isNewest ? 'f'.repeat(64) : truth(method, ...params)
    }, 'Block not found')
  })

  it('takes no block that does not lie on its own, and no nonsense', async () => {
    await livesThrough(async ({ method, params }, truth) => {
      const count = (await truth('getblockcount')) as number
      const isNewest = method === 'getblockhash' && params[0] === count
      return truth(method, ...(isNewest ? [count - 3] : params))
    }, 'does not lie on the one before')
    await livesThrough(
      ({ method, params }, truth) => (method === 'getblockcount' ? 'many' : truth(method, ...params)),
      'nonsense',
    )
  })

  it('takes back no block because the server changes its mind while it is asked', async () => {
    // Another chain, until it was asked for the blocks before our channel: then the truth, with one block more.
    let isOther = true
    server.lie = async ({ method, params }, truth) => {
      if (method !== 'getblockhash') return truth(method, ...params)
      if (Number(params[0]) <= fundedAbove) isOther = false
      return isOther ? 'f'.repeat(64) : truth(method, ...params)
    }
    await rig.chain.mine()
    await untilSaid('changes while we look at it')
    await caughtUp()
  })

  it('does not leave its chain for another one', async () => {
    const other = await startBitcoinRegtest()
    const { height } = await alice.node.info()
    await other.mine(height + LAG_BLOCKS - (await other.height()))
    const lie: Lie = ({ method, params }) =>
      other.request(method, params).catch((error: unknown) => {
        throw Object.assign(error as Error, { code: NOT_FOUND })
      })
    await livesThrough(lie, 'does not know our block')
    await other.stop()
  }, 60_000)

  it('gets its money back in the end, where the money was', async () => {
    const [channel] = await alice.node.channels()
    expect(channel).toMatchObject({ capacitySat: CAPACITY_SAT, isUsable: true, isClosing: false })
    await alice.node.closeChannel(channel!.channelId)
    await rig.mineUntil(async () => (await alice.node.channels()).length === 0)
  })
})

describe('a node that is opened with what does not fit', () => {
  let rig: Rig
  beforeAll(async () => {
    rig = await Rig.start()
  })
  afterAll(async () => rig.stop())

  const refuses = async (options: Partial<LdkOptions>, reason: object): Promise<void> =>
    expect(rig.open('carol', options)).rejects.toMatchObject(reason)

  it('says which: another network, a wrong password, nobody there', async () => {
    await refuses({ network: 'signet' }, { code: 'wrong-network' })
    const url = new URL(rig.chain.url)
    url.password = 'wrong'
    await refuses(
      { rpcUrl: url.href },
      { code: 'chain', message: expect.stringContaining('password') as string },
    )
    await refuses({ rpcUrl: 'http://127.0.0.1:1' }, { code: 'unavailable' })
  })

  it('says which: a seed of the wrong length, a URL that is none, a port that is none', async () => {
    for (const options of [{ seed: randomBytes(16) }, { rpcUrl: 'localhost' }, { port: 70_000 }]) {
      await refuses(options, { name: 'UsageError' })
    }
  })

  it('says which: a port in use, a journal in use, one of another network or of no node', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as { port: number }
    await refuses({ port }, { code: 'unusable', message: expect.stringContaining('EADDRINUSE') as string })
    server.close()

    const { node } = await rig.open('carol')
    await refuses({}, { code: 'unusable', message: expect.stringContaining('in use') as string })
    await node.close()
    await refuses({ network: 'testnet' }, { code: 'wrong-network' })
    await refuses({ file: '/nowhere/at/all' }, { code: 'unusable' })
  })

  it('refuses real money, and says why', async () => {
    const seed = randomBytes(32)
    const options = { seed, file: ':memory:', durability: 'power', rpcUrl: 'http://127.0.0.1:1' } as const
    const opening = openLdkNode({ ...options, network: 'bitcoin', host: '127.0.0.1', port: 0, pollMs: 1000 })
    await expect(opening).rejects.toThrow('theft by a malicious peer')
  })

  it('refuses the journal of another node', async () => {
    const { node } = await rig.open('dave')
    await node.close()
    await expect(rig.open('dave', { seed: randomBytes(32) })).rejects.toThrow('another node')
  })
})
