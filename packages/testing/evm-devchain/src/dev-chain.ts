/**
 * A real EVM chain in a child process: anvil, from npm. Testing.
 * It listens on this machine alone, mines a block for each transaction, and is gone with its parent.
 */
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { Readable } from 'node:stream'
import { type GuardedChild, spawnGuarded } from './child.ts'

export interface DevChainOptions {
  /** Default: one that is free. */
  readonly port?: number
  /** Default 31337. */
  readonly chainId?: number
  /** A block each so many seconds. Default: a block for each transaction, at once. */
  readonly blockTimeS?: number
  /** `safe` lies one epoch behind the newest block, `finalized` two. Default 32, as on mainnet. */
  readonly slotsInEpoch?: number
  /** Read at the start where it exists, and written by `stop`: the chain goes on after a restart. */
  readonly stateFile?: string
}

export interface DevChain {
  /** HTTP; the same port answers WebSocket. */
  readonly url: string
  readonly pid: number
  readonly chainId: number
  /** Any JSON-RPC method, anvil's own among them. Throws with the node's message. */
  request<Result>(method: string, params?: readonly unknown[]): Promise<Result>
  /** Mines empty blocks, or such as hold what waits. */
  mine(blocks?: number): Promise<void>
  /** Lets chain time jump ahead by so many seconds and mines a block. */
  advanceTime(seconds: number): Promise<void>
  /** Replaces the newest `depth` blocks by empty ones: their transactions are gone, not waiting. */
  reorganise(depth: number): Promise<void>
  setBalance(address: string, wei: bigint): Promise<void>
  /** Resolves when the process is gone. May be called twice. */
  stop(): Promise<void>
}

/** Starts a chain; throws where it does not come up. */
export async function startDevChain(options: DevChainOptions = {}): Promise<DevChain> {
  const chainId = options.chainId ?? 31337
  const child = await spawnGuarded(anvilBinary(), [
    ...['--host', '127.0.0.1', '--port', String(options.port ?? 0), '--chain-id', String(chainId)],
    ...(options.blockTimeS === undefined ? [] : ['--block-time', String(options.blockTimeS)]),
    ...(options.slotsInEpoch === undefined ? [] : ['--slots-in-an-epoch', String(options.slotsInEpoch)]),
    ...(options.stateFile === undefined ? [] : ['--state', options.stateFile]),
  ])
  const url = await listeningUrl(child)
  child.unref()
  const request = <Result>(method: string, params: readonly unknown[] = []): Promise<Result> =>
    post(url, method, params)
  return {
    url,
    pid: child.pid,
    chainId,
    request,
    async mine(blocks = 1) {
      // In slices: anvil answers nothing else while it mines, and 20,000 blocks take half a minute.
      for (let left = blocks; left > 0; left -= MINE_SLICE) {
        await request('anvil_mine', [hex(Math.min(left, MINE_SLICE))])
      }
    },
    async advanceTime(seconds) {
      await request('evm_increaseTime', [seconds])
      await request('anvil_mine', [hex(1)])
    },
    async reorganise(depth) {
      await request('anvil_reorg', [depth, []])
    },
    async setBalance(address, wei) {
      await request('anvil_setBalance', [address, hex(wei)])
    },
    stop: () => child.stop(),
  }
}

const MINE_SLICE = 1000

const hex = (value: number | bigint): string => `0x${value.toString(16)}`

const require = createRequire(import.meta.url)

/** The native program, which ships in one npm package a platform; the wrapper's script is only a launcher. */
function anvilBinary(): string {
  const wrapper = createRequire(require.resolve('@foundry-rs/anvil/package.json'))
  const architecture = process.arch === 'x64' ? 'amd64' : process.arch
  const manifest = wrapper.resolve(`@foundry-rs/anvil-${process.platform}-${architecture}/package.json`)
  return join(dirname(manifest), 'bin', process.platform === 'win32' ? 'anvil.exe' : 'anvil')
}

/** Waits until anvil says where it listens; from then on what it prints is thrown away. */
async function listeningUrl(child: GuardedChild): Promise<string> {
  const { stdout, stderr } = child.process
  const complaints = collect(stderr)
  const lines = collect(stdout)
  return new Promise((resolve, reject) => {
    const ended = (code: number | null): void => {
      reject(new Error(`anvil ended with code ${String(code)}: ${complaints().trim()}`))
    }
    child.process.once('exit', ended)
    stdout.on('data', () => {
      const address = /Listening on (\S+)/.exec(lines())?.[1]
      if (address === undefined) return
      child.process.removeListener('exit', ended)
      for (const stream of [stdout, stderr]) stream.removeAllListeners('data').resume()
      resolve(`http://${address}`)
    })
  })
}

/** Gathers what a stream says. */
function collect(stream: Readable): () => string {
  let text = ''
  stream.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
  return () => text
}

async function post<Result>(url: string, method: string, params: readonly unknown[]): Promise<Result> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
  })
  const answer = (await response.json()) as { result: Result; error?: { message: string } }
  if (answer.error !== undefined) throw new Error(`${method}: ${answer.error.message}`)
  return answer.result
}
