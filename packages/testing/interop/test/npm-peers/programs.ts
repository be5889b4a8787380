/** Starts the programs of this folder, and talks to them. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Answers, Order } from './orders.ts'

/** Of what a program that ended has said last. */
const LOG_LENGTH_MAX = 2000

class Program {
  readonly #child: ChildProcess
  readonly #ended: Promise<never>

  constructor(file: string, args: readonly string[] = []) {
    const path = fileURLToPath(new URL(file, import.meta.url))
    const execArgv = ['--conditions=@hourglass/source', '--no-deprecation']
    this.#child = fork(path, args, {
      serialization: 'advanced',
      execArgv,
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    let log = ''
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => (log += text))
    this.#ended = once(this.#child, 'exit').then(([code]: unknown[]) => {
      throw new Error(`${file} ended with ${String(code)}: ${log.slice(-LOG_LENGTH_MAX)}`)
    })
    this.#ended.catch(() => undefined)
  }

  tell(message: Order): void {
    this.#child.send(message)
  }

  /** What it says next; rejects where it ends before. */
  async hear(): Promise<unknown> {
    const heard = once(this.#child, 'message').then(([message]: unknown[]) => message)
    return Promise.race([heard, this.#ended])
  }

  async stop(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#ended.catch(() => undefined)
  }
}

/** ilp-connector with some children, each with an asset and a largest packet. */
export class NpmConnector {
  readonly #program: Program
  readonly #ports: Readonly<Record<string, number>>

  private constructor(program: Program, ports: Readonly<Record<string, number>>) {
    this.#program = program
    this.#ports = ports
  }

  /** `children`: `name:assetCode:assetScale:packetAmountMax`. */
  static async start(children: readonly string[]): Promise<NpmConnector> {
    const program = new Program('connector.ts', children)
    return new NpmConnector(program, (await program.hear()) as Record<string, number>)
  }

  port(name: string): number {
    return this.#ports[name]!
  }

  async stop(): Promise<void> {
    await this.#program.stop()
  }
}

/** The npm peers that pay and are paid. */
export class NpmEndpoints {
  readonly #program = new Program('endpoints.ts')
  #last: Promise<unknown> = Promise.resolve()

  /** One order after the other. */
  async order<O extends Order>(order: O): Promise<Answers[O['kind']]> {
    const mine = this.#last.then(() => this.#ask(order))
    this.#last = mine.catch(() => undefined)
    return mine as Promise<Answers[O['kind']]>
  }

  async stop(): Promise<void> {
    await this.#program.stop()
  }

  async #ask(order: Order): Promise<unknown> {
    this.#program.tell(order)
    const { answer, error } = (await this.#program.hear()) as {
      readonly answer?: unknown
      readonly error?: string
    }
    if (error !== undefined) throw new Error(error)
    return answer
  }
}
