/** The rows of docs/interop.md, and those that tests hold. Tooling. */

/** What one row says. */
export interface Row {
  /** `PEER as WHAT`. */
  readonly name: string
  readonly peer: string
  readonly version: string
  /** Path of the test, from the root. */
  readonly heldBy: string
}

/** A line `| peer | version | as | since | [held by](../path) |`. */
const LINE = /^\| (\S+) +\| (\S+) +\| (.+?) +\| \d{4}-\d\d-\d\d \| \[[^\]]+\]\(\.\.\/([^)]+)\) +\|$/gm

export function rowsOf(page: string): Row[] {
  return Array.from(page.matchAll(LINE), ([, peer = '', version = '', what = '', heldBy = '']) => {
    return { name: `${peer} as ${what}`, peer, version, heldBy }
  })
}

/** The rows that a test file holds, by the titles in it. */
export function rowsHeldIn(source: string): string[] {
  return Array.from(source.matchAll(/'interop: ([^']+)'/g), ([, name = '']) => name)
}

/** Versions in the catalog of `pnpm-workspace.yaml`, by package. */
export function catalogOf(workspace: string): Map<string, string> {
  const lines = workspace.matchAll(/^ {2}'?([^\s':]+)'?: (\S+)$/gm)
  return new Map(Array.from(lines, ([, name = '', version = '']) => [name, version]))
}
