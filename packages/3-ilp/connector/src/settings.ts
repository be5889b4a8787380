/**
 * What an operator may change while packets flow: accounts, routes, rates. Layer 3, connector.
 * Settings are whole: what they do not name goes. They are checked whole before anything of them is done.
 */
import { assetName } from '@hourglass/books'
import type { StaticRoute } from '@hourglass/routing'
import type { Account, AccountOptions } from './account.ts'
import { contradictionIn } from './limits.ts'
import { type RateOptions, contradictionInRates } from './rates.ts'

export interface Settings extends RateOptions {
  readonly accounts: readonly AccountOptions[]
  /** Prefix → account id; an empty prefix is the default route. Children are routed without being listed. */
  readonly routes: readonly StaticRoute[]
}

/** Why these settings cannot be taken, in sentences. `known`: accounts that the books have already. */
export function problemsIn(settings: Settings, known: ReadonlyMap<string, Account> = new Map()): string[] {
  const { accounts, routes } = settings
  const problems: string[] = []
  const ids = new Set<string>()
  for (const { id, asset, ...limits } of accounts) {
    if (ids.has(id)) problems.push(`two accounts are named ${id}`)
    ids.add(id)
    const contradiction = contradictionIn(limits)
    if (contradiction !== undefined) problems.push(`account ${id}: ${contradiction}`)
    const kept = known.get(id)?.asset ?? asset
    if (assetName(kept) !== assetName(asset)) {
      problems.push(
        `account ${id} is kept in ${assetName(kept)}: give one in ${assetName(asset)} another name`,
      )
    }
  }
  for (const { prefix, account } of routes) {
    if (!ids.has(account)) problems.push(`route ${prefix} leads to the unknown account ${account}`)
  }
  const contradiction = contradictionInRates(settings)
  return contradiction === undefined ? problems : [...problems, contradiction]
}
