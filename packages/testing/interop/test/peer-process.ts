/** Starts npm peers as processes of their own, and asks them. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

/** A plugin to run. */
export interface PeerPlan {
  readonly module: string
  readonly options: Record<string, unknown>
  /** Where it listens: the option that takes its server, '' for the options themselves. Undefined: it connects. */
  readonly listensBy?: 'listener' | 'incoming' | ''
}

/** With data: send it; without: make the plugin, and connect. */
export interface PeerOrder {
  readonly id: number
  /** Beside those of the plan. */
  readonly options?: PeerPlan['options']
  /** Hex. */
  readonly data: string | undefined
}

/** To the order of that id; 0: it has started. */
export interface PeerAnswer {
  readonly id: number
  readonly port?: number
  readonly data?: string | undefined
  readonly error?: string
}

interface Waiting {
  readonly resolve: (answer: PeerAnswer) => void
  readonly reject: (error: Error) => void
}

export class PeerProcess {
  readonly #child: ChildProcess
  readonly #waiting = new Map<number, Waiting>()
  #lastId = 0
  /** Where it listens, on 127.0.0.1. */
  port = 0

  private constructor(plan: PeerPlan) {
    this.#child = fork(join(import.meta.dirname, 'peer-program.ts'), [JSON.stringify(plan)], {
      execArgv: ['--conditions=@hourglass/source', '--no-warnings'],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    this.#child.on('message', (answer: PeerAnswer) => this.#answered(answer))
    this.#child.on('exit', (code) => {
      for (const { reject } of this.#waiting.values())
        reject(new Error(`the peer has ended: ${code ?? 'killed'}`))
    })
  }

  static async start(plan: PeerPlan): Promise<PeerProcess> {
    const peer = new PeerProcess(plan)
    const { port = 0 } = await peer.#wait(0)
    peer.port = port
    return peer
  }

  /** Resolves when its `connect` has. With options that nobody knew before it listened. */
  async connect(options: PeerPlan['options'] = {}): Promise<void> {
    await this.#order({ data: undefined, options })
  }

  async sendData(data: Buffer): Promise<Buffer> {
    const answer = await this.#order({ data: data.toString('hex') })
    return Buffer.from(answer.data ?? '', 'hex')
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const ended = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await ended
  }

  #order(order: Omit<PeerOrder, 'id'>): Promise<PeerAnswer> {
    const id = ++this.#lastId
    this.#child.send({ ...order, id } satisfies PeerOrder)
    return this.#wait(id)
  }

  #wait(id: number): Promise<PeerAnswer> {
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }))
  }

  #answered(answer: PeerAnswer): void {
    const waiting = this.#waiting.get(answer.id)
    this.#waiting.delete(answer.id)
    if (answer.error === undefined) waiting?.resolve(answer)
    else waiting?.reject(new Error(answer.error))
  }
}

/** A program of npm's, until it is stopped. */
export function startProgram(
  module: string,
  env: Readonly<Record<string, string>>,
): { stop(): Promise<void> } {
  const child = fork(module, {
    // Packages of ours that it loads are their sources.
    execArgv: ['--conditions=@hourglass/source', '--no-warnings'],
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  return {
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
    },
  }
}
