/** Refuses destinations that the account may not reach: F02, as if they did not exist. */
import { ErrorCode } from '@hourglass/ilp'
import { RouteTable } from '@hourglass/routing'
import type { Rule } from './rule.ts'

/**
 * Address prefixes. The longest that covers a destination decides; what none covers is allowed unless `allow` is
 * given.
 */
export interface Destinations {
  readonly allow?: readonly string[] | undefined
  readonly deny?: readonly string[] | undefined
}

export function destinations({ allow, deny = [] }: Destinations = {}): Rule | undefined {
  if (allow === undefined && deny.length === 0) return undefined
  const verdicts = new RouteTable<boolean>()
  verdicts.set('', allow === undefined)
  for (const prefix of allow ?? []) verdicts.set(prefix, true)
  for (const prefix of deny) verdicts.set(prefix, false)
  return ({ destination }) =>
    verdicts.resolve(destination) === true
      ? undefined
      : {
          rule: 'destinations',
          code: ErrorCode.F02_UNREACHABLE,
          message: 'destination not served',
          why: 'The account may not send to {destination}.',
          numbers: { destination },
        }
}
