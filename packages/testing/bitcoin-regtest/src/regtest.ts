/**
 * A Bitcoin chain of one node in a child process: bcoin, from npm. Testing.
 * It mines when told to, has a faucet, and is gone with its parent.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { fileURLToPath } from 'node:url'

export interface BitcoinRegtestOptions {
  /** Default: one that is free. */
  readonly port?: number
}

export interface ReorganiseOptions {
  /** Raw transactions in hex that the new branch holds, parents first: conflicts with the old one, say. */
  readonly include?: readonly string[]
  /** The transactions of the old branch are forgotten instead of waiting for a block again. */
  readonly forget?: boolean
}

export interface FeeOptions {
  /** What `estimatesmartfee` says, in satoshis for 1000 virtual bytes. Default: that it cannot tell. */
  readonly estimate?: number
  /** The mempool takes nothing that pays less, in the same unit. Default 1000. */
  readonly minimum?: number
}

export interface BitcoinRegtest {
  /** JSON-RPC with Bitcoin Core's names: `http://user:password@127.0.0.1:PORT`. */
  readonly url: string
  readonly pid: number
  /** Any JSON-RPC method. Throws with the node's message. */
  request<Result>(method: string, params?: readonly unknown[]): Promise<Result>
  height(): Promise<number>
  /** Blocks with what waits; their reward goes to `address`, or to nobody. Returns their hashes. */
  mine(blocks?: number, address?: string): Promise<string[]>
  /** Sends satoshis of the faucet's and mines a block. Returns the transaction's id. */
  fund(address: string, sats: bigint): Promise<string>
  /** The same without the block. */
  send(address: string, sats: bigint): Promise<string>
  /** Replaces the newest `depth` blocks by `depth` + 1 others with `include` alone. Returns the new tip's hash. */
  reorganise(depth: number, options?: ReorganiseOptions): Promise<string>
  /** Throws a transaction out of the mempool, and all that descend from it. */
  forget(txid: string): Promise<void>
  setFees(fees: FeeOptions): Promise<void>
  /** Resolves when the process is gone. May be called twice. */
  stop(): Promise<void>
}

/** Starts a chain of 435 blocks, at which segwit is in force; throws where it does not come up. */
export async function startBitcoinRegtest(options: BitcoinRegtestOptions = {}): Promise<BitcoinRegtest> {
  // Beside this file, in the sources as in what is built.
  const program = new URL(import.meta.url.endsWith('.ts') ? './main.ts' : './main.js', import.meta.url)
  const credentials = ['--user', 'hourglass', '--password', crypto.randomUUID()]
  const child = spawn(
    process.execPath,
    [fileURLToPath(program), '--port', String(options.port ?? 0), ...credentials],
    {
      // A group of its own: Ctrl-C reaches us alone. The pipe into it tells it when this process is gone.
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, NODE_BACKEND: 'js' },
    },
  )
  const gone = once(child, 'exit')
  let complaints = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaints += text))
  const [line] = (await Promise.race([once(child.stdout, 'data'), gone])) as [unknown]
  const url = String(line).trim()
  if (!url.startsWith('http://')) throw new Error(`The regtest chain did not start: ${complaints.trim()}`)
  child.unref()
  for (const pipe of [child.stdin, child.stdout, child.stderr]) (pipe as unknown as Socket).unref()
  return {
    ...remoteControl(url),
    pid: child.pid!,
    async stop() {
      child.ref()
      child.kill('SIGKILL')
      await gone
    },
  }
}

/** Works from any process that has the URL. */
function remoteControl(url: string): Omit<BitcoinRegtest, 'pid' | 'stop'> {
  const request = <Result>(method: string, params: readonly unknown[] = []): Promise<Result> =>
    post(url, method, params)
  const mine = async (blocks = 1, address?: string): Promise<string[]> => {
    const hashes: string[] = []
    // In slices: the node answers nothing else while it mines.
    for (let left = blocks; left > 0; left -= MINE_SLICE) {
      const slice = Math.min(left, MINE_SLICE)
      const params = address === undefined ? [slice] : [slice, address]
      hashes.push(
        ...(await request<string[]>(address === undefined ? 'regtest_mine' : 'generatetoaddress', params)),
      )
    }
    return hashes
  }
  const send = (address: string, sats: bigint): Promise<string> =>
    request('regtest_send', [address, Number(sats)])
  return {
    url,
    request,
    mine,
    send,
    height: () => request('getblockcount'),
    async fund(address, sats) {
      const txid = await send(address, sats)
      await mine()
      return txid
    },
    reorganise: (depth, { include = [], forget = false } = {}) =>
      request('regtest_reorganise', [depth, include, forget]),
    forget: (txid) => request('regtest_forget', [txid]),
    setFees: ({ estimate, minimum }) => request('regtest_fees', [estimate ?? null, minimum ?? 1000]),
  }
}

const MINE_SLICE = 200

async function post<Result>(url: string, method: string, params: readonly unknown[]): Promise<Result> {
  const { origin, username, password } = new URL(url)
  const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
  const response = await fetch(origin, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization },
    body: JSON.stringify({ jsonrpc: '1.0', id: 1, method, params }),
  })
  const answer = (await response.json()) as { result: Result; error: { message: string } | null }
  if (answer.error !== null) throw new Error(`${method}: ${answer.error.message}`)
  return answer.result
}
