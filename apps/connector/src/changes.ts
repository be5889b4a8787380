/** What one config changes of another, in words for people: `+ account dora`, `~ account alice: balance.max 1 → 2`. */
import type { AccountConfig, Config } from './config.ts'

/** Of what may change while the node runs. No secret stands in it. */
export function changesBetween(before: Config, after: Config): string[] {
  return [
    ...accountChanges(before.accounts, after.accounts),
    ...listChanges('route', before.routes, after.routes),
    ...listChanges('rate', before.rates, after.rates),
    ...listChanges('rate source', before.rateSources, after.rateSources),
    ...leafChanges('', { spread: before.spread }, { spread: after.spread }),
    ...listChanges('spread', before.spreads, after.spreads),
  ]
}

function accountChanges(before: readonly AccountConfig[], after: readonly AccountConfig[]): string[] {
  const known = new Map(before.map((account) => [account.id, account]))
  const staying = new Set(after.map(({ id }) => id))
  return [
    ...before.flatMap(({ id }) => (staying.has(id) ? [] : [`- account ${id}`])),
    ...after.flatMap((account) => {
      const { id, relation, asset } = account
      const old = known.get(id)
      if (old === undefined) return [`+ account ${id}: ${relation}, ${asset.code}/${asset.scale}`]
      return leafChanges(`account ${id}: `, old, account)
    }),
  ]
}

function listChanges(what: string, before: readonly object[], after: readonly object[]): string[] {
  const [old, now] = [before, after].map((items) => new Set(items.map(describe))) as [
    Set<string>,
    Set<string>,
  ]
  return [
    ...[...old].filter((item) => !now.has(item)).map((item) => `- ${what} ${item}`),
    ...[...now].filter((item) => !old.has(item)).map((item) => `+ ${what} ${item}`),
  ]
}

function leafChanges(what: string, before: object, after: object): string[] {
  const [old, now] = [leavesOf(before), leavesOf(after)]
  return [...new Set([...old.keys(), ...now.keys()])].flatMap((path) => {
    const [from, to] = [old.get(path) ?? 'none', now.get(path) ?? 'none']
    if (from === to) return []
    return [`~ ${what}${path} ${SECRETS.test(path) ? 'is another secret' : `${from} → ${to}`}`]
  })
}

function describe(item: object): string {
  return Array.from(leavesOf(item), ([path, value]) => `${path} ${value}`).join(', ')
}

const SECRETS = /(^|\.)token(\.|$)/

/** Every value by its path, ratios in one. */
function leavesOf(value: unknown, path = ''): Map<string, string> {
  if (value === undefined || value === null) return new Map()
  if (typeof value !== 'object')
    return new Map([[path, (value as string | number | bigint | boolean).toString()]])
  if ('numerator' in value && 'denominator' in value) {
    return new Map([[path, `${String(value.numerator)}/${String(value.denominator)}`]])
  }
  return new Map(
    Object.entries(value).flatMap(([name, each]) => [
      ...leavesOf(each, path === '' ? name : `${path}.${name}`),
    ]),
  )
}
