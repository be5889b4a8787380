/**
 * The one event loop: drives a machine with the real clock. Base, io.
 * It decides nothing: input → `handle` → drain `poll` → `perform`; results come back through `push`.
 */
import { type Instant, type Machine, Queue, TIMEOUT, type TimeoutInput } from '../index.ts'
import { now } from './clock.ts'

export interface Driver<Input> {
  /** Hands in one input now, or right after the one under way. */
  push(input: Input): void
  /** Stops: no timer stays armed and later inputs are dropped. */
  stop(): void
}

/** Drives `machine` until stopped; `perform` carries out each output and must not throw. */
export function drive<Input, Output>(
  machine: Machine<Input | TimeoutInput, Output>,
  perform: (output: Output) => void,
): Driver<Input> {
  const waiting = new Queue<Input | TimeoutInput>()
  let running = false
  let stopped = false
  let timer: ReturnType<typeof setTimeout> | undefined
  let armedFor: Instant | undefined

  function arm(): void {
    const next = machine.nextTimeout()
    // A timer that fires early is harmless, so one that is armed for an earlier instant stays.
    if (next === undefined || (armedFor !== undefined && armedFor <= next)) return
    clearTimeout(timer)
    armedFor = next
    timer = setTimeout(fire, Math.min(Math.max(next - now(), 0), LONGEST_TIMER_MS))
  }

  function fire(): void {
    armedFor = undefined
    push(TIMEOUT)
  }

  function push(input: Input | TimeoutInput): void {
    if (stopped) return
    waiting.push(input)
    if (running) return
    running = true
    try {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        machine.handle(next, now())
        for (let output = machine.poll(); output !== undefined; output = machine.poll()) perform(output)
      }
    } finally {
      running = false
    }
    if (!isStopped()) arm()
  }

  const isStopped = (): boolean => stopped

  return {
    push,
    stop() {
      stopped = true
      clearTimeout(timer)
    },
  }
}

/** Node fires longer timers at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1
