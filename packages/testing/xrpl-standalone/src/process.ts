/**
 * The stand-alone ledger in a process of its own, which is gone with this one. Testing.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { WebSocket } from 'ws'

export interface XrplProcessOptions {
  /** Default: one that is free. */
  readonly port?: number
  /** A ledger closes so often. Default 1000. */
  readonly closeMs?: number
  /** Default 0. */
  readonly networkId?: number
  readonly fixCleanup3_2_0?: boolean
}

export interface XrplProcess {
  /** `ws://127.0.0.1:PORT` */
  readonly url: string
  readonly pid: number
  /** Sends drops from the genesis account; they are there with the next ledger. */
  fund(account: string, drops: bigint): Promise<void>
  /** The next ledger closes so many seconds after the last one. */
  advanceTime(seconds: number): Promise<void>
  /** Resolves when the process is gone. May be called twice. */
  stop(): Promise<void>
}

/** Starts one; throws where it does not come up. */
export async function spawnXrplStandalone(options: XrplProcessOptions = {}): Promise<XrplProcess> {
  // Beside this file, in the sources as in what is built.
  const program = new URL(import.meta.url.endsWith('.ts') ? './main.ts' : './main.js', import.meta.url)
  const child = spawn(process.execPath, [fileURLToPath(program), ...arguments_(options)], {
    // A group of its own: Ctrl-C reaches us alone. The pipe into it tells it when this process is gone.
    detached: true,
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const gone = once(child, 'exit')
  const [line] = (await Promise.race([once(child.stdout, 'data'), gone])) as [unknown]
  const url = String(line).trim()
  if (!url.startsWith('ws://')) throw new Error(`The stand-alone ledger did not start: ${url}`)
  child.unref()
  for (const pipe of [child.stdin, child.stdout]) (pipe as unknown as { unref(): void }).unref()
  return {
    url,
    pid: child.pid!,
    fund: (account, drops) => ask(url, { command: 'standalone_fund', account, drops: String(drops) }),
    advanceTime: (seconds) => ask(url, { command: 'standalone_advance_time', seconds }),
    async stop() {
      child.ref()
      child.kill('SIGTERM')
      await gone
    },
  }
}

function arguments_({
  port = 0,
  closeMs = 1000,
  networkId = 0,
  fixCleanup3_2_0,
}: XrplProcessOptions): string[] {
  const numbers = { port, 'close-ms': closeMs, 'network-id': networkId }
  return [
    '--with-parent',
    ...Object.entries(numbers).flatMap(([name, value]) => [`--${name}`, String(value)]),
    ...(fixCleanup3_2_0 === true ? ['--fix-cleanup-3-2-0'] : []),
  ]
}

/** One question over a connection of its own. @throws Error with the server's words */
async function ask(url: string, request: Readonly<Record<string, unknown>>): Promise<void> {
  const socket = new WebSocket(url)
  try {
    await once(socket, 'open')
    socket.send(JSON.stringify(request))
    const [data] = (await once(socket, 'message')) as [unknown]
    const answer = JSON.parse(String(data)) as { status: string; error_message?: string }
    if (answer.status !== 'success')
      throw new Error(answer.error_message ?? 'The stand-alone ledger refused.')
  } finally {
    socket.terminate()
  }
}
