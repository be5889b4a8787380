/**
 * Preloaded into a process that is measured: tells over IPC what it has used. The program itself need not
 * know. Tooling.
 */

/** The question; all other messages are the program's own. */
export const METER = { meter: true }

/** What a process has used since it began. */
export interface Usage {
  /** Processor time of all its threads, in microseconds. */
  readonly cpuUs: number
  /** Resident memory now, in MiB. */
  readonly memoryMib: number
}

process.on('message', (message: object) => {
  if (!('meter' in message)) return
  const { user, system } = process.cpuUsage()
  const usage: Usage = { cpuUs: user + system, memoryMib: process.memoryUsage.rss() / 2 ** 20 }
  process.send?.(usage)
})
process.on('disconnect', () => process.exit())
