/** Child processes that never outlive this one, and whose output lines go where they are wanted. */
import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

export interface Child {
  readonly name: string
  /** Ends it, kindly at first; resolves when it is gone. */
  stop(): Promise<void>
  /** Resolves with the exit code when it ends by itself or is stopped. */
  readonly ended: Promise<number>
  /** What it has said on standard error. */
  errors(): string
  /** Resolves as `promise` does, unless the child ends first. @throws ChildError with what it said */
  orFail<T>(promise: Promise<T>): Promise<T>
}

export interface ChildOptions {
  readonly name: string
  readonly args: readonly string[]
  /** Gets each line of standard output. */
  readonly onLine: (line: string) => void
}

/** What a child wrote on standard error, kept for the message when it fails. */
const ERROR_CHARACTERS_MAX = 4000
const KIND_STOP_MS = 3000

const running = new Set<ChildProcess>()
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

/** A child that could not do its work: `message` is what it said itself. */
export class ChildError extends Error {
  override readonly name = 'ChildError'
}

/** Starts a program of ours on the Node that runs us. */
export function startChild({ name, args, onLine }: ChildOptions): Child {
  const child = spawn(process.execPath, args, {
    // A group of its own: Ctrl-C reaches us alone, and we stop the children in order.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  running.add(child)
  let errors = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-ERROR_CHARACTERS_MAX)
  })
  createInterface({ input: child.stdout }).on('line', onLine)
  const ended = new Promise<number>((resolve) => {
    child.on('close', (code) => {
      running.delete(child)
      resolve(code ?? 1)
    })
  })
  const failed = ended.then((code) => {
    throw new ChildError(`${name} ended with code ${code}: ${errors.trim() || 'it said nothing'}`)
  })
  failed.catch(() => undefined)
  return {
    name,
    ended,
    errors: () => errors.trim(),
    orFail: async (promise) => Promise.race([promise, failed]),
    async stop() {
      child.kill('SIGTERM')
      const timer = setTimeout(() => child.kill('SIGKILL'), KIND_STOP_MS)
      await ended
      clearTimeout(timer)
    },
  }
}
