/** The node's log: one JSON object a line, on standard output; amounts as decimal strings. */
import type { JournalHealth } from '@hourglass/journal'
import type { TraceOutput } from '@hourglass/sansio'
import { type Logger, pino } from 'pino'
import type { Config } from './config.ts'

export type { Logger }

export function openLog(level: Config['logLevel']): Logger {
  return pino({ level, base: null }, pino.destination({ dest: 1, sync: true }))
}

/** Events that lose somebody money or time, which an operator must see. */
const ALARMS = new Set([
  'connector.wrong-fulfillment',
  'connector.late-fulfillment',
  'connector.invalid-reply',
  'connector.no-address',
  'channel.refused',
  'plugin.payment-unknown',
])

export function logTrace(log: Logger, { event, fields }: TraceOutput): void {
  const level = ALARMS.has(event) ? 'warn' : 'info'
  if (log.isLevelEnabled(level)) log[level](plainFields(fields), event)
}

/** While it fails the node takes no packets; what it had promised stands. */
export function logHealth(log: Logger, health: JournalHealth): void {
  if (health.isWorking) log.info('journal.working')
  else log.error({ reason: health.error.message }, 'journal.failing')
}

function plainFields(fields: TraceOutput['fields']): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, typeof value === 'bigint' ? String(value) : value]),
  )
}
