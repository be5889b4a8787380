/** Child processes that never outlive this one, and whose output lines go where they are wanted. */
import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

export interface Child {
  readonly name: string
  /** Ends it, kindly at first; resolves when it is gone. */
  stop(): Promise<void>
  /** Resolves with the exit code when it ends by itself or is stopped. */
  readonly ended: Promise<number>
  /** Rejects with a ChildError when it ends; for children that should not. */
  readonly failed: Promise<never>
  /** What it has said on standard error. */
  errors(): string
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

/** A program that could not do its work, or ended before its time: `message` says which, and what it said itself. */
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
  const guard = startGuard(child)
  let errors = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-ERROR_CHARACTERS_MAX)
  })
  createInterface({ input: child.stdout }).on('line', onLine)
  const { promise: ended, resolve } = Promise.withResolvers<number>()
  const { promise: failed, reject } = Promise.withResolvers<never>()
  failed.catch(() => undefined)
  child.on('close', (code, signal) => {
    running.delete(child)
    guard?.kill('SIGKILL')
    const how = signal === null ? `ended with code ${code}` : `was ended by ${signal}`
    resolve(code ?? 1)
    reject(new ChildError(`${name} ${how}: ${errors.trim() || 'it said nothing'}`))
  })
  return {
    name,
    ended,
    failed,
    errors: () => errors.trim(),
    async stop() {
      child.kill('SIGTERM')
      const timer = setTimeout(() => child.kill('SIGKILL'), KIND_STOP_MS)
      await ended
      clearTimeout(timer)
    },
  }
}

/**
 * Whoever is killed outright cannot end its children. So a shell waits for the end of a pipe that we alone hold open,
 * and kills the child then.
 */
function startGuard({ pid }: ChildProcess): ChildProcess | undefined {
  if (process.platform === 'win32') return undefined
  return spawn('sh', ['-c', 'read -r _; kill -9 "$1"', 'guard', String(pid)], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
}
