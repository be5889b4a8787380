/** The real program as child processes, from its sources, and the files that it reads. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { AccountReport } from '../src/admin.ts'
import type { ConfigInput } from '../src/config.ts'

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url))

/** How a program ended. */
export interface Outcome {
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A connector that has said that it is up. */
export interface Program {
  readonly pid: number
  readonly port: number
  readonly adminPort: number
  readonly ended: Promise<Outcome>
  /** What its operator is told of the accounts. */
  accounts(): Promise<ReadonlyMap<string, AccountReport>>
  /** Resolves when it is gone. */
  end(signal: NodeJS.Signals): Promise<Outcome>
}

/** Programs and files of one test; `clear` ends and removes what is left. */
export class Programs {
  readonly directory: string = mkdtempSync(join(tmpdir(), 'hourglass-connector-'))
  readonly #children = new Map<ChildProcess, Promise<Outcome>>()

  /** Writes a file and returns its path. */
  file(name: string, content: unknown): string {
    const path = join(this.directory, name)
    writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
    return path
  }

  /** Runs the program to its end. */
  async run(args: readonly string[]): Promise<Outcome> {
    return this.#children.get(this.#spawn(args))!
  }

  /** Starts the program and waits until it serves. */
  async start(config: string): Promise<Program> {
    const child = this.#spawn(['--config', config])
    const ended = this.#children.get(child)!
    const early = ended.then((outcome) => {
      throw new Error(`the connector ended before it was up: ${JSON.stringify(outcome)}`)
    })
    early.catch(() => undefined)
    const { port, adminPort } = await Promise.race([hearStarted(child), early])
    return {
      pid: child.pid!,
      port,
      adminPort,
      ended,
      async accounts() {
        const response = await fetch(`http://127.0.0.1:${adminPort}/accounts`)
        const reports = (await response.json()) as AccountReport[]
        return new Map(reports.map((report) => [report.id, report]))
      },
      async end(signal) {
        child.kill(signal)
        return ended
      },
    }
  }

  async clear(): Promise<void> {
    for (const child of this.#children.keys()) child.kill('SIGKILL')
    await Promise.all(this.#children.values())
    rmSync(this.directory, { recursive: true })
  }

  #spawn(args: readonly string[]): ChildProcess {
    const child = spawn(process.execPath, ['--conditions=@hourglass/source', MAIN, ...args], {
      cwd: this.directory,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#children.set(child, outcomeOf(child))
    return child
  }
}

async function outcomeOf(child: ChildProcess): Promise<Outcome> {
  let stdout = ''
  let stderr = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  return new Promise((resolve) => {
    child.on('close', (exitCode) => resolve({ exitCode, stdout, stderr }))
  })
}

interface Ports {
  readonly port: number
  readonly adminPort: number
}

async function hearStarted(child: ChildProcess): Promise<Ports> {
  return new Promise((resolve) => {
    createInterface({ input: child.stdout! }).on('line', (line) => {
      const entry = JSON.parse(line) as Ports & { msg: string }
      if (entry.msg === 'connector.started') resolve(entry)
    })
  })
}

type AccountInput = ConfigInput['accounts'][number]

/** A customer who connects with the token `<id>-hush`. */
export function child(id: string, limits: Partial<AccountInput> = {}): AccountInput {
  return {
    id,
    relation: 'child',
    asset: { code: 'USD', scale: 6 },
    link: { kind: 'btp-server', token: `${id}-hush` },
    balance: { max: '1000000000' },
    ...limits,
  }
}

/** A connector for alice and bob on free ports. */
export function connectorOf(accounts: AccountInput[], data: string): ConfigInput {
  return {
    address: 'test.acme',
    data,
    durability: 'process',
    listen: { port: 0 },
    admin: { port: 0 },
    accounts,
  }
}
