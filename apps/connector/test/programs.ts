/** The real program as child processes, from its sources, and the files that it reads. */
import { type ChildProcess, spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type Server, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { AccountReport, AssetReport, HoldReport, SettlementReport } from '../src/reports.ts'
import type { ConfigInput } from '../src/config.ts'

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url))
const CRASHING = fileURLToPath(new URL('crashing.ts', import.meta.url))

/** How a program ended. */
export interface Outcome {
  readonly exitCode: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** A connector that has said that it is up. */
export interface Program {
  readonly pid: number
  readonly port: number
  readonly adminPort: number
  readonly ended: Promise<Outcome>
  /** What its operator is told. */
  accounts(): Promise<ReadonlyMap<string, AccountReport>>
  assets(): Promise<readonly AssetReport[]>
  holds(): Promise<readonly HoldReport[]>
  settlements(account: string): Promise<readonly SettlementReport[]>
  /** What its operator orders for an account. */
  order(account: string, order: 'collect' | 'reconcile'): Promise<void>
  /** Resolves when it is gone. */
  end(signal: NodeJS.Signals): Promise<Outcome>
}

/** The n-th pass of a named point: see `crashing.ts`. */
export interface Crash {
  readonly point: string
  readonly pass: number
}

/** A program on its way up, or to its end. */
export interface Launch {
  /** Undefined where it ended before it was up. */
  readonly started: Promise<Program | undefined>
  readonly ended: Promise<Outcome>
  /** Whether it was still there. */
  kill(): boolean
  /** Tells one that was launched for it where to crash. */
  arm(crash: Crash): void
}

function wordsOf({ point, pass }: Crash): [string, string] {
  return [point, String(pass)]
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
    return this.#children.get(this.#spawn([MAIN, ...args]))!
  }

  /** Starts the program and waits until it serves. */
  async start(config: string): Promise<Program> {
    const { started, ended } = this.launch(config)
    const program = await started
    if (program !== undefined) return program
    throw new Error(`the connector ended before it was up: ${JSON.stringify(await ended)}`)
  }

  /** Starts the program; with a crash, in a version that kills itself there, or where it is told to later. */
  launch(config: string, crash?: Crash | 'later'): Launch {
    const program =
      crash === undefined ? [MAIN] : crash === 'later' ? [CRASHING] : [CRASHING, ...wordsOf(crash)]
    const child = this.#spawn([...program, '--config', config])
    const ended = this.#children.get(child)!
    const started = Promise.race([hearStarted(child), ended.then(() => undefined)])
    return {
      started: started.then((ports) => ports && new Running(child, ended, ports)),
      ended,
      kill: () => child.kill('SIGKILL'),
      arm: (where) => void child.stdin!.write(`${wordsOf(where).join(' ')}\n`),
    }
  }

  async clear(): Promise<void> {
    for (const child of this.#children.keys()) child.kill('SIGKILL')
    await Promise.all(this.#children.values())
    rmSync(this.directory, { recursive: true })
  }

  #spawn(args: readonly string[]): ChildProcess {
    const child = spawn(process.execPath, ['--conditions=@hourglass/source', ...args], {
      cwd: this.directory,
      stdio: 'pipe',
      // Halves the time of a start: there are many of the same program.
      env: { ...process.env, NODE_COMPILE_CACHE: join(this.directory, 'compiled') },
    })
    // Who is killed while it is told something does not listen any more.
    child.stdin.on('error', () => undefined)
    this.#children.set(child, outcomeOf(child))
    return child
  }
}

class Running implements Program {
  readonly pid: number
  readonly port: number
  readonly adminPort: number
  readonly ended: Promise<Outcome>
  readonly #child: ChildProcess

  constructor(child: ChildProcess, ended: Promise<Outcome>, { port, adminPort }: Ports) {
    this.pid = child.pid!
    this.port = port
    this.adminPort = adminPort
    this.ended = ended
    this.#child = child
  }

  async accounts(): Promise<ReadonlyMap<string, AccountReport>> {
    const reports = await this.#ask<AccountReport[]>('accounts')
    return new Map(reports.map((report) => [report.id, report]))
  }

  async assets(): Promise<readonly AssetReport[]> {
    return this.#ask('books')
  }

  async holds(): Promise<readonly HoldReport[]> {
    return this.#ask('holds')
  }

  async settlements(account: string): Promise<readonly SettlementReport[]> {
    return this.#ask(`accounts/${account}/settlements`)
  }

  async order(account: string, order: 'collect' | 'reconcile'): Promise<void> {
    await this.#ask(`accounts/${account}/${order}`, { method: 'POST' })
  }

  async end(signal: NodeJS.Signals): Promise<Outcome> {
    this.#child.kill(signal)
    return this.ended
  }

  async #ask<Answer>(path: string, init: RequestInit = {}): Promise<Answer> {
    const response = await fetch(`http://127.0.0.1:${this.adminPort}/${path}`, init)
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`)
    return (await response.json()) as Answer
  }
}

async function outcomeOf(child: ChildProcess): Promise<Outcome> {
  let stdout = ''
  let stderr = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  return new Promise((resolve) => {
    child.on('close', (exitCode, signal) => resolve({ exitCode, signal, stdout, stderr }))
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

export type AccountInput = ConfigInput['accounts'][number]

/** Below where systems take the ports of outgoing connections from: those are gone again in no time. */
const PORT_RANGE = [20_000, 32_000] as const

/** Ports that stay free while the programs that listen there are down. */
export async function findPorts(count: number): Promise<number[]> {
  const servers = new Map<number, Server>()
  while (servers.size < count) {
    const port = randomInt(...PORT_RANGE)
    const server = createServer()
    const isFree = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false)).listen(port, '127.0.0.1', () => resolve(true))
    })
    if (isFree) servers.set(port, server)
  }
  for (const server of servers.values()) server.close()
  return [...servers.keys()]
}

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
