/** The rows: what the protocols demand, one file for each prefix. Tooling. */

export const LEVELS = ['MUST', 'SHOULD', 'MAY'] as const
export type Level = (typeof LEVELS)[number]

/** A file in `rows/`, named after its prefix. */
export interface RowFile {
  /** The protocol, and where it is written down. */
  readonly title: string
  /** Of these levels every row is named by a test or left out. */
  readonly enforced: readonly Level[]
  /** By id: the level, then what is demanded, then where it is written in parentheses. */
  readonly rows: Readonly<Record<string, string>>
  /** By id: why no test shows it. */
  readonly leftOut: Readonly<Record<string, string>>
}

export function levelOf(row: string): Level | undefined {
  return LEVELS.find((level) => row.startsWith(`${level} `))
}
