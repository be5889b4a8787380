/** Child processes that answer one question at a time. Tooling. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { basename } from 'node:path'

/** A process that was asked to do something and ended instead. */
class ChildError extends Error {
  override readonly name = 'ChildError'
}

export interface ChildOptions {
  readonly env?: Readonly<Record<string, string>>
  /** Modules that run in it first. */
  readonly preload?: readonly URL[]
  /** What its heap may grow to. Default: Node's own. */
  readonly heapMib?: number
}

export class Child {
  /** Rejects with a ChildError when the process ends, and does nothing before. */
  readonly ended: Promise<never>
  readonly #process: ChildProcess
  #stderr = ''

  constructor(module: URL | string, args: readonly string[], options: ChildOptions = {}) {
    const imports = (options.preload ?? []).flatMap((url) => ['--import', url.href])
    const heap = options.heapMib === undefined ? [] : [`--max-old-space-size=${options.heapMib}`]
    this.#process = fork(module, args, {
      execArgv: [...process.execArgv, ...heap, ...imports],
      env: { ...process.env, ...options.env },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    this.#process.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-STDERR_CHARACTERS_KEPT)
    })
    const name = [basename(String(module)), ...args].join(' ')
    // Not on `close`, which does not come where we have disconnected.
    const isOver = Promise.all([once(this.#process, 'exit'), once(this.#process.stderr!, 'close')])
    this.ended = isOver.then(([[code]]) => {
      throw new ChildError(`${name} ended with code ${String(code)}: ${this.#stderr.trim()}`)
    })
    // Nobody may be waiting when it is stopped.
    this.ended.catch(() => undefined)
  }

  /** Sends a message and waits for the next one that comes back. */
  ask(message: object): Promise<unknown> {
    const answer = this.next()
    this.#process.send(message)
    return answer
  }

  /** The next message. Rejects where the process ends first. */
  next(): Promise<unknown> {
    const message = new Promise((resolve) => this.#process.once('message', resolve))
    return Promise.race([message, this.ended])
  }

  /** Ends it as it is (kill -9). */
  async kill(): Promise<void> {
    this.#process.kill('SIGKILL')
    await this.ended.catch(() => undefined)
  }

  /** Every program here ends when it is disconnected; one that does not is killed. */
  async stop(): Promise<void> {
    if (this.#process.connected) this.#process.disconnect()
    const timer = setTimeout(() => this.#process.kill('SIGKILL'), STOP_TIMEOUT_MS)
    await this.ended.catch(() => undefined)
    clearTimeout(timer)
  }
}

const STDERR_CHARACTERS_KEPT = 4000
const STOP_TIMEOUT_MS = 2000
