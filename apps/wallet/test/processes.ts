/** The real program as child processes, from its sources, with connectors to talk to. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type RunningConnector, checkConfig, startConnector } from '@hourglass/connector-app'

const WALLET = fileURLToPath(new URL('../src/main.ts', import.meta.url))

export interface Outcome {
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface Running {
  /** Resolves with the first line of standard output that `matches`; rejects where the program ends without one. */
  line(matches: (line: string) => boolean): Promise<string>
  /** Ends it as Ctrl-C or an init system would, and resolves when it has ended. */
  stop(signal?: NodeJS.Signals): Promise<Outcome>
  readonly ended: Promise<Outcome>
}

/** Programs and files of one test; `clear` ends and removes them. */
export class Stage {
  readonly directory: string = mkdtempSync(join(tmpdir(), 'hourglass-wallet-'))
  readonly #running: Running[] = []
  readonly #connectors: RunningConnector[] = []

  /** Writes a file and returns its path. */
  file(name: string, content: unknown): string {
    const path = join(this.directory, name)
    writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
    return path
  }

  /** Runs `hourglass` to its end. Only `environment` and the way to programs are set. */
  async wallet(args: readonly string[], environment: Record<string, string> = {}): Promise<Outcome> {
    return this.startWallet(args, environment).ended
  }

  startWallet(args: readonly string[], environment: Record<string, string> = {}): Running {
    const child = spawn(process.execPath, ['--conditions=@hourglass/source', WALLET, ...args], {
      env: { PATH: process.env['PATH'], HOME: this.directory, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const running = watch(child)
    this.#running.push(running)
    return running
  }

  /** Starts a connector in this process and resolves with the port of its peers. */
  async connector(config: { readonly address: string; readonly [field: string]: unknown }): Promise<number> {
    const whole = {
      ...config,
      data: join(this.directory, config.address),
      durability: 'process',
      logLevel: 'silent',
    }
    const connector = await startConnector(checkConfig(whole, config.address))
    this.#connectors.push(connector)
    return connector.port ?? 0
  }

  async clear(): Promise<void> {
    await Promise.all(this.#running.map((running) => running.stop()))
    await Promise.all(this.#connectors.map((connector) => connector.stop()))
    rmSync(this.directory, { recursive: true })
  }
}

function watch(child: ChildProcess): Running {
  let stdout = ''
  let stderr = ''
  let look = (): void => undefined
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
    look()
  })
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const ended = new Promise<Outcome>((resolve) => {
    child.on('close', (exitCode) => resolve({ exitCode, stdout, stderr }))
  })
  return {
    ended,
    async line(matches) {
      const found = new Promise<string>((resolve) => {
        look = () => {
          const line = stdout.split('\n').slice(0, -1).find(matches)
          if (line !== undefined) resolve(line)
        }
        look()
      })
      const early = ended.then((outcome) => {
        throw new Error(`the program ended before it said that: ${JSON.stringify(outcome)}`)
      })
      return Promise.race([found, early])
    },
    async stop(signal = 'SIGTERM') {
      child.kill(signal)
      return ended
    },
  }
}
