/** The regtest chain comes up, does as told, refuses what Bitcoin Core refuses, and leaves nothing behind. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { Transaction, p2tr, p2wpkh } from '@scure/btc-signer'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type BitcoinRegtest, startBitcoinRegtest } from '@hourglass/bitcoin-regtest'

const REGTEST = { bech32: 'bcrt', pubKeyHash: 0x6f, scriptHash: 0xc4, wif: 0xef }
const COIN = 100_000_000n

/** Key 1 of secp256k1, and what pays it. */
const key = new Uint8Array(32).fill(1, 31)
const publicKey = new Uint8Array(
  Buffer.from('0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798', 'hex'),
)
const ours = p2wpkh(publicKey, REGTEST)
const address = ours.address

interface Output {
  readonly scriptPubKey: { readonly hex: string }
  readonly value: number
  readonly n: number
}

let chain: BitcoinRegtest

beforeAll(async () => {
  chain = await startBitcoinRegtest()
})
afterAll(() => chain.stop())

/** A coin of ours, confirmed. */
async function coin(sats: bigint): Promise<Spend> {
  const txid = await chain.send(address, sats)
  const { vout } = await chain.request<{ vout: readonly Output[] }>('getrawtransaction', [txid, true])
  await chain.mine()
  const output = vout.find(
    ({ scriptPubKey }) => scriptPubKey.hex === Buffer.from(ours.script).toString('hex'),
  )!
  return { txid, index: output.n, sats }
}

interface Spend {
  readonly txid: string
  readonly index: number
  readonly sats: bigint
}

interface SpendOptions {
  readonly fee: bigint
  readonly sequence?: number
  readonly script?: Uint8Array
  /** Adds an output of so many satoshis. */
  readonly small?: bigint
}

function spend(
  { txid, index, sats }: Spend,
  { fee, sequence = 0xfffffffd, script = ours.script, small = 0n }: SpendOptions,
): { hex: string; txid: string } {
  const tx = new Transaction({ allowUnknownOutputs: true })
  tx.addInput({ txid, index, sequence, witnessUtxo: { script: ours.script, amount: sats } })
  tx.addOutput({ script, amount: sats - fee - small })
  if (small > 0n) tx.addOutput({ script: ours.script, amount: small })
  tx.sign(key)
  tx.finalize()
  return { hex: tx.hex, txid: tx.id }
}

const submit = (hex: string): Promise<string> => chain.request('sendrawtransaction', [hex])
const mempool = (): Promise<string[]> => chain.request('getrawmempool')

describe('a regtest chain', () => {
  it('begins where segwit is in force, and counts its blocks', async () => {
    const fresh = await startBitcoinRegtest()
    expect(await fresh.height()).toBe(435)
    const info = await fresh.request<{ chain: string; bip9_softforks: { segwit: { status: string } } }>(
      'getblockchaininfo',
    )
    expect(info.chain).toBe('regtest')
    expect(info.bip9_softforks.segwit.status).toBe('active')
    expect(await fresh.request('getblockhash', [0])).toBe(
      '0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206',
    )
    await fresh.stop()
    await fresh.stop()
  })

  it('mines, for nobody or for an address', async () => {
    const before = await chain.height()
    expect(await chain.mine(3)).toHaveLength(3)
    const [hash] = await chain.mine(1, address)
    expect(await chain.height()).toBe(before + 4)
    const block = await chain.request<{ tx: readonly { vout: readonly Output[] }[] }>('getblock', [hash, 2])
    expect(block.tx[0]!.vout[0]!.scriptPubKey.hex).toBe(Buffer.from(ours.script).toString('hex'))
  })

  it('funds with a block, sends without one, and gives more than one coin holds', async () => {
    const funded = await chain.fund(address, 3n * COIN)
    expect(await mempool()).not.toContain(funded)
    const sent = await chain.send(address, 200n * COIN)
    expect(await mempool()).toContain(sent)
    await chain.mine()
    const out = await Promise.all([0, 1].map((n) => chain.request('gettxout', [sent, n])))
    expect(out).toContainEqual(expect.objectContaining({ value: 200 }))
    await expect(chain.send(address, 30_000n * COIN)).rejects.toThrow('Insufficient funds')
  })

  it('reorganises: what was in a block waits again, and comes back with the next one', async () => {
    const height = await chain.height()
    const txid = await chain.fund(address, COIN)
    const stale = await chain.request<string>('getbestblockhash')
    await chain.mine()
    const tip = await chain.reorganise(2)
    expect(await chain.height()).toBe(height + 3)
    expect(await chain.request('getbestblockhash')).toBe(tip)
    expect(await chain.request('getblockheader', [stale])).toMatchObject({ confirmations: -1 })
    expect(await mempool()).toContain(txid)
    const [hash] = await chain.mine()
    expect((await chain.request<{ tx: string[] }>('getblock', [hash])).tx).toContain(txid)
  })

  it('reorganises to a branch that spends a coin otherwise', async () => {
    const source = await coin(COIN)
    const first = spend(source, { fee: 1000n })
    const second = spend(source, { fee: 2000n })
    await submit(first.hex)
    await chain.mine()
    await chain.reorganise(1, { include: [second.hex] })
    expect(await mempool()).not.toContain(first.txid)
    expect(await chain.request('gettxout', [second.txid, 0])).toMatchObject({ value: 0.99998 })
  })

  it('forgets transactions when told to', async () => {
    const txid = await chain.fund(address, COIN)
    await chain.reorganise(1, { forget: true })
    expect(await mempool()).not.toContain(txid)
    const other = await chain.send(address, COIN)
    await chain.forget(other)
    expect(await mempool()).toEqual([])
  })

  it('refuses a bad signature, a fee too low, dust, coins that are not there, and nonsense', async () => {
    const source = await coin(COIN)
    const good = spend(source, { fee: 1000n })
    const bad = Buffer.from(good.hex, 'hex')
    bad[bad.length - 60]! ^= 1
    await expect(submit(bad.toString('hex'))).rejects.toThrow('mandatory-script-verify-flag')
    await expect(submit(spend(source, { fee: 50n }).hex)).rejects.toThrow('min relay fee not met')
    await expect(submit(spend(source, { fee: 1000n, small: 293n }).hex)).rejects.toThrow('dust')
    await expect(submit(spend({ ...source, index: 7 }, { fee: 1000n }).hex)).rejects.toThrow('missingorspent')
    await expect(submit('00')).rejects.toThrow('TX decode failed')
    await submit(good.hex)
    expect(await submit(good.hex)).toBe(good.txid)
    await chain.mine()
    await expect(submit(good.hex)).rejects.toThrow('already in utxo set')
  })

  it('BIP 125: replaces a transaction by one that pays more, where the first one allows it', async () => {
    const source = await coin(COIN)
    const first = spend(source, { fee: 1000n })
    const child = spend({ txid: first.txid, index: 0, sats: COIN - 1000n }, { fee: 1000n })
    await submit(first.hex)
    await submit(child.hex)
    await expect(submit(spend(source, { fee: 2000n }).hex)).rejects.toThrow('insufficient fee')
    expect(await mempool()).toEqual(expect.arrayContaining([first.txid, child.txid]))
    const second = spend(source, { fee: 5000n })
    await submit(second.hex)
    expect(await mempool()).toEqual([second.txid])

    const stubborn = await coin(COIN)
    await submit(spend(stubborn, { fee: 1000n, sequence: 0xffffffff }).hex)
    await expect(submit(spend(stubborn, { fee: 9000n }).hex)).rejects.toThrow('txn-mempool-conflict')
  })

  it('takes a package whose child pays for its parent, or nothing of it', async () => {
    await chain.setFees({ minimum: 3000 })
    const source = await coin(COIN)
    const parent = spend(source, { fee: 150n })
    const output = { txid: parent.txid, index: 0, sats: COIN - 150n }
    const submitPackage = (fee: bigint): Promise<{ package_msg: string }> =>
      chain.request('submitpackage', [[parent.hex, spend(output, { fee }).hex]])
    expect(await submitPackage(300n)).toEqual({ package_msg: 'min relay fee not met' })
    expect(await mempool()).not.toContain(parent.txid)
    expect(await submitPackage(800n)).toEqual({ package_msg: 'success' })
    expect(await mempool()).toContain(parent.txid)
    await chain.setFees({})
    await chain.mine()
  })

  it('takes outputs of taproot', async () => {
    const source = await coin(COIN)
    const { script } = p2tr(publicKey.slice(1), undefined, REGTEST)
    await expect(submit(spend(source, { fee: 1000n, script }).hex)).resolves.toHaveLength(64)
  })

  it('tells fees as it is told to', async () => {
    expect(await chain.request('estimatesmartfee', [6])).toMatchObject({ errors: [expect.any(String)] })
    await chain.setFees({ estimate: 25_000, minimum: 3000 })
    expect(await chain.request('estimatesmartfee', [6])).toEqual({ feerate: 0.00025, blocks: 6 })
    expect(await chain.request('getmempoolinfo')).toMatchObject({ mempoolminfee: 0.00003 })
    const source = await coin(COIN)
    await expect(submit(spend(source, { fee: 200n }).hex)).rejects.toThrow('min relay fee not met')
    await chain.setFees({})
    await submit(spend(source, { fee: 200n }).hex)
  })

  it('answers as Bitcoin Core does where something is not there', async () => {
    await expect(chain.request('getblockhash', [1_000_000])).rejects.toThrow('out of range')
    await expect(chain.request('getblock', ['00'.repeat(32)])).rejects.toThrow('not found')
    await expect(chain.request('nonsense')).rejects.toThrow('Method not found')
    expect((await fetch(new URL(chain.url).origin, { method: 'POST', body: '{}' })).status).toBe(401)
    const { origin, username, password } = new URL(chain.url)
    const authorization = `Basic ${btoa(`${username}:${password}`)}`
    const batch = [
      { id: 1, method: 'getblockcount' },
      { id: 2, method: 'nonsense' },
    ]
    const response = await fetch(origin, {
      method: 'POST',
      headers: { authorization },
      body: JSON.stringify(batch),
    })
    expect(await response.json()).toMatchObject([
      { id: 1, error: null },
      { id: 2, error: { code: -32601 } },
    ])
  })

  it('says why it does not start', async () => {
    const port = Number(new URL(chain.url).port)
    await expect(startBitcoinRegtest({ port })).rejects.toThrow(/did not start: [^]*EADDRINUSE/)
  })

  it.for(['SIGKILL', 'SIGTERM', 'SIGINT', 'exit', 'throw'])(
    'does not outlive a parent that ends by %s',
    async (ending) => {
      const parent = spawn(
        process.execPath,
        ['--conditions=@hourglass/source', join(import.meta.dirname, 'parent.ts'), ending],
        { stdio: ['pipe', 'pipe', 'ignore'] },
      )
      const [line] = (await once(parent.stdout.setEncoding('utf8'), 'data')) as [string]
      const { origin } = new URL(line.trim())
      expect((await fetch(origin)).status).toBe(401)
      const ended = once(parent, 'exit')
      if (ending.startsWith('SIG')) parent.kill(ending as NodeJS.Signals)
      else parent.stdin.end()
      await ended
      await gone(origin)
    },
  )
})

/** Resolves when nobody listens there any more. Its process id is no sign: a zombie keeps it for a while. */
async function gone(url: string): Promise<void> {
  try {
    for (;;) await (await fetch(url)).text()
  } catch {
    return
  }
}
