/** What tidy reports: one broken rule at one line. Tooling. */

/** Sections of docs/ARCHITECTURE.md that explain the rules. */
export const ANCHORS = ['layers', 'purity', 'sizes', 'packages', 'tests', 'text'] as const
export type Anchor = (typeof ANCHORS)[number]

export interface Violation {
  /** From the repository's root, with `/`. */
  readonly path: string
  /** Counted from 1. */
  readonly line: number
  /** Name of the rule, as `npm test` prints it. */
  readonly rule: string
  /** What is wrong and what would be right. */
  readonly message: string
  readonly anchor: Anchor
}

/** One line, which terminals and editors turn into a link to the place. */
export function formatViolation({ path, line, rule, message, anchor }: Violation): string {
  return `${path}:${line}  ${rule}: ${message} (docs/ARCHITECTURE.md#${anchor})`
}

/** Sorts by place, so that two runs print the same. */
export function byPlace(a: Violation, b: Violation): number {
  if (a.path !== b.path) return a.path < b.path ? -1 : 1
  return a.line - b.line || (a.rule < b.rule ? -1 : 1)
}
