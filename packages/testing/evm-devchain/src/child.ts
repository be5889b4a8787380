/**
 * A child process that never outlives this one. Testing.
 *
 * A parent that ends in order kills its children in its `exit` event. One that is killed cannot, so each child
 * has a guard: a shell that waits for the end of a pipe which only the parent holds open, then kills the child.
 */
import { type ChildProcess, type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import type { Readable, Writable } from 'node:stream'

export interface GuardedChild {
  readonly process: ChildProcessByStdio<null, Readable, Readable>
  readonly pid: number
  /** From now on the child and its pipes keep nobody's event loop alive. */
  unref(): void
  /** Asks the child to end, kills it where it does not; resolves when it is gone. May be called twice. */
  stop(): Promise<void>
}

/** Starts `command`; throws where it cannot be run. */
export async function spawnGuarded(command: string, args: readonly string[]): Promise<GuardedChild> {
  // A group of its own: Ctrl-C reaches us alone, and we stop the child when we are ready.
  const child = spawn(command, args, { detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  await once(child, 'spawn')
  const pid = child.pid!
  const guard = process.platform === 'win32' ? undefined : spawnGuard(pid)
  if (living.size === 0) process.once('exit', killAll)
  living.add(child)

  const gone = new Promise<void>((resolve) => {
    child.once('exit', () => {
      guard?.kill('SIGKILL')
      living.delete(child)
      if (living.size === 0) process.removeListener('exit', killAll)
      resolve()
    })
  })
  return {
    process: child,
    pid,
    unref() {
      child.unref()
      unrefPipe(child.stdout)
      unrefPipe(child.stderr)
    },
    async stop() {
      // Interrupted, not killed, so that it can write its state.
      child.ref()
      child.kill('SIGINT')
      const impatient = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS)
      await gone
      clearTimeout(impatient)
    },
  }
}

const PATIENCE_MS = 2000

const living = new Set<ChildProcess>()

function killAll(): void {
  for (const child of living) child.kill('SIGKILL')
}

function spawnGuard(pid: number): ChildProcess {
  const guard = spawn('sh', ['-c', 'read -r _; kill -9 "$1"', 'guard', String(pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    // A group of its own: Ctrl-C in a terminal must not end the guard before its work is done.
    detached: true,
  })
  guard.unref()
  unrefPipe(guard.stdin)
  return guard
}

/** A pipe to a child is a socket underneath, which its type does not say. */
function unrefPipe(pipe: Readable | Writable): void {
  ;(pipe as Socket).unref()
}
